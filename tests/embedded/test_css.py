"""The style sheet is built when a source is newer than it."""

import os
from pathlib import Path

import pytest

from visiona.embedded.css import build_css
from visiona.embedded.errors import CannotStart


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for folder in ("static/src", "templates"):
        (tmp_path / folder).mkdir(parents=True)
    source = '@import "tailwindcss/utilities" source(none);\n@source "../../templates";\n'
    (tmp_path / "static/src/app.css").write_text(source, encoding="utf-8")
    (tmp_path / "templates/page.html").write_text('<p class="flex">', encoding="utf-8")
    return tmp_path


def test_the_style_sheet_is_built_once_and_again_after_a_change(project: Path) -> None:
    assert build_css(base_dir=project)
    assert not build_css(base_dir=project)
    page, result = project / "templates/page.html", project / "static/css/app.css"
    page.write_text('<p class="grid">', encoding="utf-8")
    os.utime(page, (result.stat().st_mtime + 1,) * 2)

    assert build_css(base_dir=project)

    assert "display:grid" in result.read_text(encoding="utf-8")
    assert [path.name for path in result.parent.iterdir()] == ["app.css"]


def test_a_broken_source_is_told_in_one_line_and_keeps_the_old_sheet(project: Path) -> None:
    build_css(base_dir=project)
    (project / "static/src/app.css").write_text("a { @apply nothing-known; }", encoding="utf-8")

    with pytest.raises(CannotStart) as refusal:
        build_css(base_dir=project, force=True)

    assert str(refusal.value).startswith("The style sheet cannot be built: Error:")
    assert "\n" not in str(refusal.value)
    assert (project / "static/css/app.css").exists()
