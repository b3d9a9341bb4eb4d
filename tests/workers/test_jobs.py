from __future__ import annotations

import pytest

from schemas.jobs import (
    AlignRequest,
    DescribeRequest,
    DiarizeRequest,
    Job,
    Request,
    SynthesizeRequest,
    TranscribeRequest,
    TranslateRequest,
)
from schemas.media import SpeechRegion
from schemas.time import Span
from workers.jobs import RESULTS, failed, job_of, media_ms

ASSET = "0123456789abcdef"
SPAN = Span(1_000, 3_500)
REGIONS = (SpeechRegion(Span(0, 400), 0.9), SpeechRegion(Span(900, 1_000), 0.9))

ASKED: list[tuple[Request, Job, int]] = [
    (TranscribeRequest("0a", ASSET, "key", SPAN, "en"), Job.TRANSCRIBE, 2_500),
    (AlignRequest("0a", ASSET, "key", SPAN, "en", ("a",)), Job.ALIGN, 2_500),
    (DiarizeRequest("0a", ASSET, "key", REGIONS), Job.DIARIZE, 500),
    (DescribeRequest("0a", ASSET, "key", None, SPAN, (), ()), Job.DESCRIBE, 2_500),
    (TranslateRequest("0a", ASSET, "en", "es", (), (), (), 0), Job.TRANSLATE, 0),
    (SynthesizeRequest("0a", ASSET, None, None, None, "es", "Hola.", None, None, 0), Job.SYNTHESIZE, 0),
]


@pytest.mark.parametrize(("request_", "job", "length_ms"), ASKED)
def test_a_request_says_which_job_it_asks_for_and_how_much_media(request_: Request, job: Job, length_ms: int) -> None:
    assert job_of(request_) is job
    assert media_ms(request_) == length_ms


@pytest.mark.parametrize("job", Job)
def test_every_job_has_a_row_for_what_could_not_be_answered(job: Job) -> None:
    row = failed(job, "0a", "too long")
    assert isinstance(row, RESULTS[job])
    assert (row.request_id, row.failure) == ("0a", "too long")
