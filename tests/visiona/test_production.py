"""Production starts with everything it needs or says what is missing, and serves what it built."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import databases
from visiona.embedded.css import build_css
from visiona.embedded.throwaway import Servers

pytestmark = pytest.mark.django_db  # or there is no test database for the real processes

ROOT = Path(__file__).parents[2]
NEEDED = {
    "SECRET_KEY": "0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "PUBLIC_URL": "https://visiona.example",
    "DATABASE_URL": "postgresql://visiona_web@127.0.0.1:5432/visiona",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "EMAIL_HOST": "mail.visiona.example",
}
HASHED = re.compile(r"/static/(?:[\w-]+/)*[\w-]+(?:\.[\w-]+)*\.[0-9a-f]{12}\.\w+")

# What a browser behind a proxy that ends TLS gets from the product as it runs in production.
VISIT = """
import json, sys
import django
django.setup()
from django.test import Client

client = Client(SERVER_NAME="visiona.example", headers={"X-Forwarded-Proto": "https"})

def answer(address, **more):
    got = client.get(address, **more)
    content = got.content if not got.streaming else b"".join(got.streaming_content)
    cookies = {name: dict(morsel) for name, morsel in got.cookies.items()}
    return {"status": got.status_code, "headers": dict(got.headers), "cookies": cookies,
            "content": content.decode(errors="replace")}

plain = Client(SERVER_NAME="visiona.example")
elsewhere = Client(SERVER_NAME="evil.example", headers={"X-Forwarded-Proto": "https"})
print(json.dumps({
    "pages": {address: answer(address) for address in json.loads(sys.argv[1])},
    "by http": plain.get("/")["Location"],
    "health by http": plain.get("/healthz").status_code,
    "mail by another host": elsewhere.post(
        "/accounts/password/reset/", {"email": "alice@example.com"}).status_code,
}))
"""


def environment(data_dir: Path, **variables: str) -> dict[str, str]:
    """A machine where nothing is set but this; an empty variable hides one of a .env file."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    nothing = dict.fromkeys(NEEDED, "")
    return kept | nothing | {"ENVIRONMENT": "production", "DATA_DIR": str(data_dir)} | variables


def run(*command: str, data_dir: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        env=environment(data_dir, **variables),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def check(data_dir: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    deploy = ("manage.py", "check", "--deploy", "--fail-level", "WARNING")
    return run(*deploy, data_dir=data_dir, **variables)


def test_with_everything_set_there_is_nothing_to_warn_of(tmp_path: Path) -> None:
    ran = check(tmp_path, **NEEDED)

    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == "System check identified no issues (0 silenced).\n"
    assert list(tmp_path.iterdir()) == []  # no key and no database of its own were made


def test_with_nothing_set_it_refuses_and_names_everything(tmp_path: Path) -> None:
    ran = check(tmp_path)

    assert ran.returncode == 1
    for name in NEEDED:
        assert f"(visiona.E010) {name} is not set." in ran.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("missing", NEEDED)
def test_with_one_thing_missing_it_refuses_and_names_that(tmp_path: Path, missing: str) -> None:
    ran = check(tmp_path, **{name: value for name, value in NEEDED.items() if name != missing})

    assert ran.returncode == 1
    named = re.findall(r"visiona\.E010\) (\w+) is not set", ran.stderr)
    assert named == [missing]
    assert NEEDED["SECRET_KEY"] not in ran.stdout + ran.stderr


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("PUBLIC_URL", "http://visiona.example", "visiona.E011"),
        ("SECRET_KEY", "short", "security.W009"),
        ("SECRET_KEY", "a" * 60, "security.W009"),
        ("DEBUG", "true", "security.W018"),
    ],
)
def test_what_is_set_wrongly_is_named(tmp_path: Path, name: str, value: str, problem: str) -> None:
    ran = check(tmp_path, **NEEDED | {name: value})

    assert ran.returncode == 1
    assert problem in ran.stderr


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real static files as production serves them: hashed, compressed, listed."""
    build_css()
    static_root = tmp_path_factory.mktemp("static")
    ran = run(
        "manage.py",
        "collectstatic",
        "--no-input",
        data_dir=tmp_path_factory.mktemp("data"),
        STATIC_ROOT=str(static_root),
        **NEEDED,
    )
    assert ran.returncode == 0, ran.stderr
    return static_root


def listed(collected: Path) -> dict[str, str]:
    paths: dict[str, str] = json.loads((collected / "staticfiles.json").read_text())["paths"]
    return paths


def test_every_static_file_has_a_name_that_follows_from_its_content(collected: Path) -> None:
    paths = listed(collected)

    assert {"css/app.css", "errors.css", "icon.svg", "js/app.js"} <= set(paths)
    for name in paths.values():
        assert re.search(r"\.[0-9a-f]{12}(\.\w+)?$", name), name
        assert (collected / name).is_file()
    assert (collected / f"{paths['css/app.css']}.gz").is_file()
    sources = [name for name in paths if name.startswith("src/") or name.endswith(".md")]
    assert sources == []


def test_style_sheets_and_scripts_name_each_other_by_their_hashed_names(collected: Path) -> None:
    paths = listed(collected)
    css = (collected / paths["css/app.css"]).read_text()
    fonts = re.findall(r"url\([\"']?([^)\"']+)", css)
    assert fonts
    for address in fonts:
        if not address.startswith("data:"):
            found = (collected / paths["css/app.css"]).parent / address
            assert found.resolve().is_file(), address
            assert re.search(r"\.[0-9a-f]{12}\.", address), address
    for name in (name for name in paths if name.startswith("js/")):
        script = collected / paths[name]
        for address in re.findall(r"(?:from|import)\s*[\"'](\.[^\"']+)", script.read_text()):
            assert (script.parent / address).resolve().is_file(), f"{name}: {address}"
            assert re.search(r"\.[0-9a-f]{12}\.", address), f"{name}: {address}"


@pytest.fixture(scope="module")
def visited(
    collected: Path,
    django_db_setup: None,
    django_db_blocker: Any,
    product_servers: Servers,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Any]:
    """What production answers, with real servers behind it."""
    with django_db_blocker.unblock():
        database_url = databases.address_of(product_servers.web_url)
    styles = f"/static/{listed(collected)['css/app.css']}"
    addresses = ["/", "/accounts/login/", "/nothing-here/", "/api/v1/me", "/api/docs", styles]
    servers = {"DATABASE_URL": database_url, "REDIS_URL": product_servers.redis_url}
    ran = run(
        "-c",
        VISIT,
        json.dumps(addresses),
        data_dir=tmp_path_factory.mktemp("data"),
        STATIC_ROOT=str(collected),
        DJANGO_SETTINGS_MODULE="visiona.settings",
        **NEEDED | servers,
    )
    assert ran.returncode == 0, ran.stderr
    answers: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return answers


def test_pages_name_every_file_by_its_hashed_name(visited: dict[str, Any], collected: Path) -> None:
    served = set(listed(collected).values())
    for address, status in (("/", 200), ("/accounts/login/", 200), ("/nothing-here/", 404)):
        page = visited["pages"][address]
        assert page["status"] == status, address
        named = re.findall(r"/static/[^\"'\s>)]+", page["content"])
        assert named, address
        assert [name for name in named if not HASHED.fullmatch(name)] == [], address
        assert {name.removeprefix("/static/") for name in named} <= served, address
    assert visited["pages"]["/api/docs"]["status"] == 200


def test_a_hashed_file_is_kept_by_browsers_for_good(
    visited: dict[str, Any], collected: Path
) -> None:
    styles = visited["pages"][f"/static/{listed(collected)['css/app.css']}"]
    assert styles["status"] == 200
    assert styles["headers"]["Cache-Control"] == "max-age=315360000, public, immutable"
    assert styles["headers"]["Content-Type"].startswith("text/css")


def test_a_page_comes_with_what_protects_a_browser(visited: dict[str, Any]) -> None:
    page = visited["pages"]["/accounts/login/"]
    headers = page["headers"]
    assert headers["Strict-Transport-Security"] == ("max-age=31536000; includeSubDomains; preload")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert "default-src 'self'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    (cookie,) = page["cookies"].items()
    assert cookie[0] == "__Host-csrftoken"
    assert (cookie[1]["secure"], cookie[1]["httponly"], cookie[1]["path"]) == (True, True, "/")
    assert cookie[1]["domain"] == ""


def test_the_api_answers_in_production_as_everywhere(visited: dict[str, Any]) -> None:
    answer = visited["pages"]["/api/v1/me"]
    document = json.loads(answer["content"])
    assert (answer["status"], document["code"]) == (401, "not_authenticated")
    assert document["type"] == "https://visiona.example/problems/not-authenticated"


def test_only_https_is_answered_and_no_link_to_another_host_is_mailed(
    visited: dict[str, Any],
) -> None:
    assert visited["by http"] == "https://visiona.example/"
    assert visited["health by http"] == 200
    assert visited["mail by another host"] == 400
