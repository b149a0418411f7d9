"""A receiver of Alertmanager's webhooks, and the committed routing turned towards it."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, Self

import yaml


class Webhook:
    """Keeps what is posted to it: `messages` are (path, body) in the order in which they came."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, dict]] = []
        messages = self.messages

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                messages.append((self.path, json.loads(body)))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nobody reads it."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"

    def heard(self, receiver: str, status: str = "firing") -> list[dict[str, str]]:
        """The labels of the alerts that a receiver was told of, each once."""
        alerts = [
            alert["labels"]
            for path, message in list(self.messages)
            if path == f"/{receiver}"
            for alert in message["alerts"]
            if alert["status"] == status
        ]
        return [labels for place, labels in enumerate(alerts) if labels not in alerts[:place]]

    def __enter__(self) -> Self:
        Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


def to_webhook(root: Path, address: str, wait: str) -> dict[str, Any]:
    """prometheus/alertmanager.yml with its routes and inhibition; each receiver posts to `address`/<name>.

    `wait` takes the place of the times for which it collects what belongs together.
    """
    config: dict[str, Any] = yaml.safe_load((root / "prometheus" / "alertmanager.yml").read_text())
    for receiver in config["receivers"]:
        receiver.pop("slack_configs")
        receiver["webhook_configs"] = [{"url": f"{address}/{receiver['name']}"}]
    for route in (config["route"], *config["route"]["routes"]):
        route |= {"group_wait": wait, "group_interval": wait}
    return config
