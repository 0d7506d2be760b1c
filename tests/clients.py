"""Programs that talk to the API as people's apps do: over HTTP, with a bearer token."""

from typing import Any

from django.test import Client

from accounts import services as accounts_services
from accounts.models import User


class ApiClient:
    """A program of one person; without a person, a stranger's."""

    def __init__(self, user: User | None = None) -> None:
        self._client = Client(raise_request_exception=False)
        self._headers: dict[str, str] = {}
        if user is not None:
            secret = accounts_services.issue_sign_in(user=user, client="tests")
            self._headers = {"authorization": f"Bearer {secret}"}

    @property
    def bearer(self) -> dict[str, str]:
        """The headers that say who this is, for a server elsewhere."""
        return dict(self._headers)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """Send JSON to a path under /api/v1/."""
        return self.send(method, f"/api/v1/{path}", body, **headers)

    def send(self, method: str, address: str, body: Any = None, **headers: str) -> Any:
        """Send JSON to an address of the product."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        content = {} if body is None else {"data": body, "content_type": "application/json"}
        send = getattr(self._client, method.lower())
        answer: Any = send(address, headers={**self._headers, **named}, **content)
        return answer

    def get(self, path: str, **headers: str) -> Any:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        return self.call("POST", path, body if body is not None else {}, **headers)

    def upload(self, path: str, **fields: Any) -> Any:
        """Send a form with files."""
        answer: Any = self._client.post(f"/api/v1/{path}", data=fields, headers=self._headers)
        return answer
