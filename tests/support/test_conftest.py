from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from hypothesis import settings

pytest_plugins = ["pytester"]

PROJECT = Path(__file__).parents[2]


def outcome(pytester: pytest.Pytester, body: str) -> pytest.RunResult:
    """Run tests under our own conftest, in a process of their own."""
    pytester.makeconftest((PROJECT / "tests/conftest.py").read_text(encoding="utf-8"))
    pytester.makeini("[pytest]\nmarkers =\n    expects_errors: logs an error\n")
    pytester.makepyfile(textwrap.dedent(body))
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PYTHONPATH", str(PROJECT))  # the conftest imports what tests share
        return pytester.runpytest_subprocess("-p", "no:cacheprovider")


def test_a_test_that_logs_an_error_fails_unless_it_said_so(pytester: pytest.Pytester) -> None:
    result = outcome(
        pytester,
        """
        import logging, pytest

        def test_surprise():
            logging.getLogger("x").error("disk %s", "gone")

        @pytest.mark.expects_errors
        def test_announced():
            logging.getLogger("x").error("disk gone")

        @pytest.mark.expects_errors
        def test_announced_in_vain():
            logging.getLogger("x").warning("disk slow")

        def test_warning():
            logging.getLogger("x").warning("disk slow")
        """,
    )
    result.assert_outcomes(passed=4, errors=2)
    result.stdout.fnmatch_lines(["*ERROR at teardown of test_surprise*", "*x: disk gone*"])
    result.stdout.fnmatch_lines(["*ERROR at teardown of test_announced_in_vain*"])


def test_settings_of_the_shell_do_not_reach_a_test(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("REELINGUA_LIBRARY", "AWS_PROFILE", "PREFECT_API_URL"):
        monkeypatch.setenv(name, "from the shell")
    monkeypatch.setenv("REELINGUA_MEDIA", str(tmp_path))
    result = outcome(
        pytester,
        """
        import os

        AT_IMPORT = [name for name in os.environ if name.startswith(("REELINGUA_", "AWS_", "PREFECT_"))]

        def test_environment(shared_media):
            assert AT_IMPORT == ["REELINGUA_MEDIA"]
            assert os.environ["REELINGUA_MEDIA"] == str(shared_media)
        """,
    )
    result.assert_outcomes(passed=1)


def test_without_shared_media_a_test_is_skipped_with_the_reason(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REELINGUA_MEDIA", raising=False)
    result = outcome(pytester, "def test_needs_media(shared_media): ...")
    result.assert_outcomes(skipped=1)
    monkeypatch.setenv("REELINGUA_MEDIA", "/nowhere")
    outcome(pytester, "def test_needs_media(shared_media): ...").assert_outcomes(errors=1)


def test_properties_are_tried_in_the_same_order_each_time_by_default() -> None:
    default = settings.get_profile("ci")
    assert default.derandomize
    assert default.deadline is None
    assert settings.get_profile("deep").max_examples > default.max_examples
