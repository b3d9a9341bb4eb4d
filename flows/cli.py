"""The command line: ``reelingua run | plan | query | qc | doctor``.

Each command gathers its arguments and calls one function; what it does is elsewhere. Errors of our own
tree become one line on standard error and an exit code: 1 some title failed, 2 wrong usage, 3 a gate.
"""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from flows import doctor as doctor_report
from flows import exit_codes
from flows import plan as planning
from flows import qc as checking
from flows import query as querying
from flows import run as running
from flows.terminal import console, shown
from pipeline.captions import profiles
from pipeline.errors import EngineUnavailable, ReelinguaError, UsageError
from pipeline.job_file import side_file
from pipeline.localize import glossary as glossaries
from pipeline.mix.targets import targets
from schemas.scenes import Detail
from schemas.settings import AUTO, Settings
from schemas.sound import MixName

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Captions, scenes, translations, dubs and tables from video and audio.",
    context_settings={"help_option_names": ["-h", "--help"]},
)

Library = Annotated[
    str,
    typer.Option(envvar="REELINGUA_LIBRARY", help="Folder that holds everything that is made.", show_default=True),
]
Sources = Annotated[list[Path], typer.Argument(help="Video or audio files, or folders of them.")]
Engine = Annotated[str, typer.Option(help="Engine family: vllm, embedded, or auto for what this machine has.")]
Profile = Annotated[str, typer.Option(help=f"Caption profile: {', '.join(profiles.names())}.")]
Language = Annotated[
    str | None, typer.Option(help="Language that is spoken, as BCP 47 tag (en, pt-BR). Default: what the file says.")
]


class QueryFormat(StrEnum):
    """How the answer to a query is written."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


class ReportFormat(StrEnum):
    """How a report is written."""

    TABLE = "table"
    JSON = "json"


@app.command(
    epilog="""
Examples:

  reelingua run film.mkv

  reelingua run season-1/ --profile netflix-sdh --library /srv/captions

  reelingua run talk.mp4 --transcript talk.txt --speakers talk.rttm

  reelingua run film.mkv --to es --to fr --dub es --glossary terms.csv

  reelingua run film.mkv --dub es --mix replacement --music-and-effects film-me.wav --loudness netflix --mux
"""
)
def run(
    sources: Sources,
    library: Library = "library",
    engine: Engine = AUTO,
    profile: Profile = "netflix",
    language: Language = None,
    audio_stream: Annotated[
        int | None, typer.Option(help="Index of the audio stream in its container. Default: the default stream.")
    ] = None,
    transcript: Annotated[
        Path | None, typer.Option(help="Text of what is said, word for word: it is timed, not recognised.")
    ] = None,
    speakers: Annotated[Path | None, typer.Option(help="RTTM file of who speaks when: it is believed.")] = None,
    detail: Annotated[
        Detail, typer.Option(help="How much the descriptions of shots and scenes say, of an engine that reads.")
    ] = Detail.STANDARD,
    style: Annotated[
        str, typer.Option(help='How they say it, in your own words, e.g. "present tense, for audio description".')
    ] = "",
    to: Annotated[
        list[str] | None,
        typer.Option(help="Language to translate captions into, as BCP 47 tag; give it again for more."),
    ] = None,
    dub: Annotated[
        list[str] | None, typer.Option(help="Language to dub into; captions in it come along. Give it again for more.")
    ] = None,
    glossary: Annotated[
        Path | None,
        typer.Option(help="Terms that translations must use: CSV (source,target,note,case,language) or TOML."),
    ] = None,
    mix: Annotated[
        MixName, typer.Option(help="How a dub is mixed: over the ducked original, or on music and effects.")
    ] = MixName.VOICE_OVER,
    music_and_effects: Annotated[
        Path | None, typer.Option(help="Sound under a replacement mix. Default: the source's own stream of that label.")
    ] = None,
    loudness: Annotated[str, typer.Option(help=f"Loudness of mixes: {', '.join(targets())}.")] = "ebu-r128",
    mux: Annotated[
        bool, typer.Option("--mux", help="Also one file with picture, original sound, dubs and captions.")
    ] = False,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, max=64, help="Titles that are worked on at the same time. Default: 2; 8 with vllm."),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="End with exit code 3 when any caption has a finding of severity error.")
    ] = False,
) -> None:
    """Caption, translate and dub titles: files, review page, report, rows. What is done already stays."""
    if music_and_effects is not None and not music_and_effects.is_file():
        raise UsageError(f"{str(music_and_effects)!r} is no file; --music-and-effects names the sound under the dub")
    settings = Settings(
        engine=engine,
        profile=profile,
        language=language,
        audio_stream=audio_stream,
        transcript=None if transcript is None else side_file(transcript),
        speakers=None if speakers is None else side_file(speakers),
        detail=detail,
        style=style,
        to=tuple(to or ()),
        dub=tuple(dub or ()),
        glossary=() if glossary is None else glossaries.parse(side_file(glossary), glossary.name),
        mix=mix,
        music_and_effects=None if music_and_effects is None else str(music_and_effects.absolute()),
        loudness=loudness,
        mux=mux,
    )
    raise typer.Exit(
        running.run(sources, library=library, settings=settings, jobs=jobs, is_strict=strict, console=console())
    )


@app.command(
    epilog="""
Examples:

  reelingua plan film.mkv

  reelingua plan season-1/ --library /srv/captions
"""
)
def plan(sources: Sources, library: Library = "library", language: Language = None) -> None:
    """Say what a run would take before it runs: requests, tokens, memory, GPU hours, cost."""
    raise typer.Exit(planning.run(sources, library=library, language=language, console=console()))


@app.command(
    epilog="""
Examples:

  reelingua query "select name, length_ms from assets"

  reelingua query "select * from cues where reading_speed_cps > 20" --format csv > fast.csv

  reelingua query --tables
"""
)
def query(
    sql: Annotated[str | None, typer.Argument(help="A SELECT over the tables.")] = None,
    library: Library = "library",
    format: Annotated[QueryFormat, typer.Option(help="How the answer is written.")] = QueryFormat.TABLE,  # noqa: A002  the option's name is a contract
    tables: Annotated[bool, typer.Option("--tables", help="Describe every table and column instead.")] = False,
) -> None:
    """Ask the tables with SQL (DuckDB). They show the current release of every title."""
    if tables:
        querying.describe(console())
    elif sql is None:
        raise UsageError('give a question, e.g. reelingua query "select count(*) from cues", or --tables')
    else:
        querying.run(sql, library=library, style=format.value, console=console())


@app.command(
    epilog="""
Examples:

  reelingua qc film.es.srt --language es --profile netflix --fps 23.976

  reelingua qc film.vtt --language en --profile bbc --media film.mp4 --format json

  reelingua qc film.srt --language en --media film.mp4 --fix film.fixed.srt
"""
)
def qc(
    captions: Annotated[Path, typer.Argument(help="A caption file: SRT, WebVTT or TTML.")],
    language: Annotated[str, typer.Option(help="Language of the captions, as BCP 47 tag.")],
    profile: Profile = "netflix",
    media: Annotated[
        Path | None, typer.Option(help="The title: its exact frame rate and its shot changes are used.")
    ] = None,
    fps: Annotated[
        str | None, typer.Option(help="Frames per second when the title is not at hand, e.g. 25, 23.976, 30000/1001.")
    ] = None,
    fix: Annotated[
        Path | None,
        typer.Option(
            help="Write the captions here with what can be mended mended (.srt, .vtt, .ttml); report the rest."
        ),
    ] = None,
    format: Annotated[ReportFormat, typer.Option(help="How the report is written.")] = ReportFormat.TABLE,  # noqa: A002  the option's name is a contract
) -> None:
    """Check any caption file against a delivery profile. Exit code 3 when it has errors."""
    rate = None if fps is None else checking.frame_rate(fps)
    raise typer.Exit(
        checking.run(
            captions,
            language=language,
            profile=profile,
            media=media,
            rate=rate,
            fixed=fix,
            style=format.value,
            console=console(),
        )
    )


@app.command(
    epilog="""
Examples:

  reelingua doctor

  reelingua doctor --library /srv/captions
"""
)
def doctor(library: Library = "library") -> None:
    """Say what is installed, what is missing, and how to get it."""
    raise typer.Exit(doctor_report.run(library=library, console=console()))


def main() -> None:
    """Entry point of ``reelingua``: runs a command and turns what goes wrong into one line and an exit code."""
    try:
        app()
    except (UsageError, EngineUnavailable) as error:
        _say(error)
        sys.exit(exit_codes.USAGE)
    except ReelinguaError as error:
        _say(error)
        sys.exit(exit_codes.FAILED)
    except BrokenPipeError:
        sys.exit(exit_codes.DONE)


def _say(error: ReelinguaError) -> None:
    lines = "\n".join(shown(line) for line in str(error).splitlines())
    Console(stderr=True).print(f"[red]reelingua:[/] {lines}", highlight=False, soft_wrap=True)
