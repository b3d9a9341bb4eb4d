"""What the README promises exists: commands, options, profiles, files, deployments."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer.main
import yaml

from flows.cli import app
from pipeline.captions import profiles

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]  # a group, which its type does not say


@pytest.mark.parametrize("command", sorted(set(re.findall(r"reelingua ([a-z]+)", README))))
def test_every_command_exists(command: str) -> None:
    assert command in COMMANDS


def test_every_command_is_described() -> None:
    assert set(COMMANDS) <= set(re.findall(r"reelingua ([a-z]+)", README))


def test_every_option_exists() -> None:
    known = {option for command in COMMANDS.values() for parameter in command.params for option in parameter.opts}
    elsewhere = {"--quick", "--watch", "--help"}  # of ./run, of Prefect, of every command
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", README)) - elsewhere <= known


def test_every_profile_exists() -> None:
    (listed,) = re.findall(r"`--profile`: (.*?)\. Limits", README, re.DOTALL)
    assert tuple(re.findall(r"`([a-z-]+)`", listed)) == profiles.names()


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\]\(([^)#]+)\)", README))))
def test_every_linked_file_exists(target: str) -> None:
    assert (ROOT / target).exists()


def test_every_deployment_exists() -> None:
    deployments = yaml.safe_load((ROOT / "prefect.yaml").read_text("utf-8"))["deployments"]
    known = {f"{entry['entrypoint'].rpartition(':')[2]}/{entry['name']}" for entry in deployments}
    assert set(re.findall(r"deployment run ([a-z-]+/[a-z-]+)", README)) == known


def test_run_knows_every_command_of_its_own() -> None:
    listed = set(re.findall(r"\./run ([a-z]+)", README))
    usage = (ROOT / "run").read_text("utf-8")
    assert all(re.search(rf"^  {command}\b", usage, re.MULTILINE) for command in listed)
