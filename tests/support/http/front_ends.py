"""nginx and HAProxy in front of a service, as clusters have them: connections to it are shared."""

import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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
    program = shutil.which(kind, path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")
    if program is None:
        not_run(f"NOT RUN: there is no {kind}; tools/packages.sh installs it")
    port, configuration = free_port(), folder / f"{kind}.conf"
    template, arguments = {
        "nginx": (_NGINX, ["-p", str(folder), "-c", str(configuration)]),
        "haproxy": (_HAPROXY, ["-db", "-f", str(configuration)]),
    }[kind]
    configuration.write_text(
        template.format(folder=folder, port=port, service_port=service_port, forbidden=FORBIDDEN)
    )
    with subprocess.Popen([program, *arguments], stderr=subprocess.DEVNULL) as process:
        try:
            until(f"{kind} listens", lambda: _listens(port))
            yield port
        finally:
            process.terminate()


def _listens(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            return True
    except OSError:
        return False
