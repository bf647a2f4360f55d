"""The port of gRPC: what the services and NVIDIA's clients take for it, and what a spec may say.

`env` may turn it off or move it within the pod, which the operator follows.
"""

from nemo_voice_operator.api.base import cel

GRPC_PORT = 50051
"""The services' default, and the Service's port, which NVIDIA's clients expect."""
GRPC_PORT_VARIABLE = "NEMO_VOICE_GRPC_PORT"
HTTP_PORTS = (5000, 5001)
"""Where the images listen for HTTP."""
VARIABLE_RULE = cel(
    f"self.name.upperAscii() != '{GRPC_PORT_VARIABLE}' || (has(self.value) && "
    "self.value.matches('^(0|[1-9][0-9]{3,4})$') && int(self.value) <= 65535 && "
    "(self.value == '0' || int(self.value) >= 1024) && "
    f"!(self.value in [{', '.join(repr(str(port)) for port in HTTP_PORTS)}]))",
    f"{GRPC_PORT_VARIABLE} is a value from 1024 to 65535, not a port of HTTP, or 0 for no gRPC",
)
"""Of a variable: the operator must know the port, too."""
SERVICE_RULE = cel(
    "!has(self.service) || !has(self.service.port) || "
    f"self.service.port != {GRPC_PORT} || (has(self.env) && self.env.exists(one, "
    f"one.name.upperAscii() == '{GRPC_PORT_VARIABLE}' && has(one.value) && one.value == '0'))",
    f"service.port {GRPC_PORT} is the port of gRPC: choose another one, or turn gRPC off by "
    f"{GRPC_PORT_VARIABLE} with the value 0 in env",
)
"""Of a spec: a Service cannot have one port twice."""
