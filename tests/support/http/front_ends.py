"""nginx and HAProxy in front of a service, as clusters have them: connections to it are shared."""

import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from hack.cluster.certificates import Authority
from support.not_run import not_run
from support.ports import free_port
from support.waiting import until

FORBIDDEN = "/v1/metadata"
"""The path that both refuse to pass on."""

_NGINX = """
daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    upstream service {{ server 127.0.0.1:{service_port}; keepalive 1; }}
    server {{
        listen 127.0.0.1:{port};
        location = {forbidden} {{ return 403; }}
        location / {{
            proxy_pass http://service; proxy_http_version 1.1; proxy_set_header Connection "";
            proxy_request_buffering off; proxy_read_timeout 10s;
        }}
    }}
}}
"""
_NGINX_WITH_TLS = """
daemon off; master_process off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {folder}/pki/nginx.crt; ssl_certificate_key {folder}/pki/nginx.key;
        {directives}
        location {location} {{ proxy_pass {upstream}; proxy_http_version {http_version}; }}
    }}
}}
"""
_HAPROXY = """
defaults
    mode http
    timeout connect 5s
    timeout client 10s
    timeout server 10s
frontend all
    bind 127.0.0.1:{port}
    http-request deny if {{ path {forbidden} }}
    default_backend service
backend service
    http-reuse always
    server one 127.0.0.1:{service_port} maxconn 1
"""


@contextmanager
def front_end(kind: str, service_port: int, folder: Path) -> Iterator[int]:
    """Yields the port of a front end to the service: `nginx`, `haproxy`, or `direct` for none.

    Each keeps one connection to the service, over which it sends every client's requests.
    """
    if kind == "direct":
        yield service_port
        return
    port, configuration = free_port(), folder / f"{kind}.conf"
    template, arguments = {
        "nginx": (_NGINX, ["-p", str(folder), "-c", str(configuration)]),
        "haproxy": (_HAPROXY, ["-db", "-f", str(configuration)]),
    }[kind]
    configuration.write_text(
        template.format(folder=folder, port=port, service_port=service_port, forbidden=FORBIDDEN)
    )
    with _listening(kind, arguments, port):
        yield port


@contextmanager
def tls_front_end(
    upstream: str,
    folder: Path,
    directives: Mapping[str, str],
    *,
    location: str = "/",
    http_version: str = "1.1",
) -> Iterator[httpx.Client]:
    """Yields a client of an nginx that ends TLS in front of the service, with these directives.

    Below a `location`, an upstream that ends in a slash gets requests without it.
    """
    authority = Authority.made_in(folder / "pki")
    authority.issue("nginx", user="speech.example.com", hosts=("IP:127.0.0.1",))
    port, configuration = free_port(), folder / "nginx.conf"
    configuration.write_text(
        _NGINX_WITH_TLS.format(
            folder=folder,
            port=port,
            upstream=upstream,
            location=location,
            http_version=http_version,
            directives=" ".join(f"{name} {value};" for name, value in directives.items()),
        )
    )
    context = ssl.create_default_context(cafile=str(authority.certificate))
    with (
        _listening("nginx", ["-p", str(folder), "-c", str(configuration)], port),
        httpx.Client(base_url=f"https://127.0.0.1:{port}", verify=context, timeout=20) as client,
    ):
        yield client


@contextmanager
def _listening(kind: str, arguments: Sequence[str], port: int) -> Iterator[None]:
    program = shutil.which(kind, path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if program is None:
        not_run(f"NOT RUN: there is no {kind}; tools/packages.sh installs it")
    with subprocess.Popen([program, *arguments], stderr=subprocess.DEVNULL) as process:
        try:
            until(f"{kind} listens", lambda: _listens(port))
            yield
        finally:
            process.terminate()


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            return True
    except OSError:
        return False
