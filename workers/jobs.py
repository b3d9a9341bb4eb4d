"""Which records ask for a job and answer it, and the row of a request that could not be answered."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.contracts import ModelId
from schemas.jobs import (
    Alignment,
    AlignRequest,
    DescribeRequest,
    Description,
    Diarization,
    DiarizeRequest,
    Job,
    Request,
    Result,
    SynthesizeRequest,
    Take,
    TranscribeRequest,
    Transcript,
    TranslateRequest,
    Translation,
)
from schemas.languages import UNDETERMINED

REQUESTS: dict[Job, type[Request]] = {
    Job.TRANSCRIBE: TranscribeRequest,
    Job.ALIGN: AlignRequest,
    Job.DIARIZE: DiarizeRequest,
    Job.DESCRIBE: DescribeRequest,
    Job.TRANSLATE: TranslateRequest,
    Job.SYNTHESIZE: SynthesizeRequest,
}
"""The record that asks for each job."""

RESULTS: dict[Job, type[Result]] = {
    Job.TRANSCRIBE: Transcript,
    Job.ALIGN: Alignment,
    Job.DIARIZE: Diarization,
    Job.DESCRIBE: Description,
    Job.TRANSLATE: Translation,
    Job.SYNTHESIZE: Take,
}
"""The record that answers each job."""

_JOBS: dict[type[Request], Job] = {record: job for job, record in REQUESTS.items()}


@dataclass(frozen=True, slots=True)
class Member:
    """A job of a crew, and the model that does it."""

    job: Job
    """The job."""

    model: ModelId
    """Which model answers it."""


def job_of(request: Request) -> Job:
    """The job that a request asks for."""
    return _JOBS[type(request)]


def media_ms(request: Request) -> int:
    """How much media a request is about; 0 for one about text."""
    match request:
        case TranscribeRequest() | AlignRequest() | DescribeRequest():
            return request.span.duration_ms
        case DiarizeRequest():
            return sum(region.span.duration_ms for region in request.regions)
        case TranslateRequest() | SynthesizeRequest():
            return 0


def failed(job: Job, request_id: str, reason: str) -> Result:
    """The row of a request that could not be answered."""
    match job:
        case Job.TRANSCRIBE:
            return Transcript(request_id, UNDETERMINED, (), is_draft=False, failure=reason)
        case Job.ALIGN:
            return Alignment(request_id, (), reason)
        case Job.DIARIZE:
            return Diarization(request_id, (), reason)
        case Job.DESCRIBE:
            return Description(request_id, (), (), reason)
        case Job.TRANSLATE:
            return Translation(request_id, (), reason)
        case Job.SYNTHESIZE:
            return Take(request_id, b"", 0, 0, "", reason)
