"""What gRPC shows its clients: the certificate in force, whenever a connection begins."""

import grpc

from nemo_voice_serving.tls.key_pair import KeyPair
from nemo_voice_serving.tls.server_certificate import ServerCertificate


def server_credentials(certificate: ServerCertificate) -> grpc.ServerCredentials:
    """Returns credentials that follow the certificate."""
    shown = certificate.current

    def changed() -> grpc.ServerCertificateConfiguration | None:
        nonlocal shown
        if certificate.current is shown:
            return None
        shown = certificate.current
        return _configuration(shown)

    return grpc.dynamic_ssl_server_credentials(_configuration(shown), changed)


def _configuration(pair: KeyPair) -> grpc.ServerCertificateConfiguration:
    certificate, key = pair.contents
    return grpc.ssl_server_certificate_configuration([(key, certificate)])
