"""How eSpeak NG's parameters sound: prints ``workers/engines/embedded/espeak.toml``.

    python -m tests.bench.calibrate_espeak > workers/engines/embedded/espeak.toml
    python -m tests.bench.calibrate_espeak variants   # how well each variant is understood; ten minutes

Pitch is the median over sentences of three languages of what ``pipeline.localize.pitch`` hears, which is what
speakers are measured with; between languages it differs by 3 % at most. Pace is syllables in the spelling
(``pipeline.localize.pace``) over the time of speech without pauses, of both
voices together, which differ by 3 %; single sentences are up to 15 % away from it.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import soxr
from pocketsphinx import Decoder

from pipeline.localize import pace, pitch
from schemas.time import SPEECH_RATE_HZ
from tests.support.scoring import word_errors
from workers.engines.embedded import sphinx
from workers.engines.embedded.apart import apart
from workers.engines.embedded.espeak import Parameter, Speaker
from workers.engines.embedded.transcribe import LANGUAGE_WEIGHT

LOW, HIGH = "m6", "f2"
"""Variants of the voices. PocketSphinx makes fewest errors with them, in words of the English sentences: m6 0.42, m5
0.54, m1 0.55, no variant 0.66, m2 0.69, m3 0.72, m8 0.74, m4 0.77, m7 0.80; f2 0.32, f3 0.61, f1 0.67."""

BOUNDARY_HZ = 155

BOUNDARY_CM = 16.3
"""Between vocal tracts: five men had 17.1 to 18.5 cm, two women 14.5 to 15.8 (``infra/decisions/008-voices.md``)."""
PITCHES = range(0, 101, 10)
RATES_WPM = (80, 120, 160, 200, 240)
VARIANTS = ("m1", "m2", "m3", "m4", "m5", "m6", "m7", "m8", "f1", "f2", "f3", "f4", "f5")
UNDERSTOOD_WPM = 150
LIMIT_S = 20.0
OTHER = "other"

SENTENCES = {
    "en": (
        "He said that he would finish the work before dinner, and then we walked home along the river.",
        "The children were playing in the garden when the rain began to fall.",
        "Nobody knew why the old man had left the village so early in the morning.",
        "I have never seen anything like it in all the years that I have lived here.",
        "Are you sure that this is the right address?",
        "Please bring me a glass of water from the kitchen, and close the door behind you.",
        "It was too late to call anyone, so we waited until the next day.",
        "The doctor says that my brother needs to rest for at least two weeks.",
        "In the middle of the city there is a market where they sell flowers, fruit and bread.",
        "The train to the north leaves from platform three in ten minutes.",
        "Experts believe that the price of oil will rise this winter.",
        "Can you explain to me again how this machine works?",
        "Then we understood that we had lost our way in the forest.",
        "According to recent figures, more than half of all young people live with their parents.",
    ),
    "es": (
        "Dijo que terminaría el trabajo antes de la cena, y después caminamos a casa junto al río.",
        "Los niños jugaban en el jardín cuando empezó a caer la lluvia.",
        "Nadie sabía por qué el viejo había salido del pueblo tan temprano por la mañana.",
        "Nunca he visto nada parecido en todos los años que he vivido aquí.",
        "¿Estás seguro de que esta es la dirección correcta?",
        "Por favor, tráeme un vaso de agua de la cocina y cierra la puerta.",
        "Era demasiado tarde para llamar a nadie, así que esperamos hasta el día siguiente.",
        "El médico dice que mi hermano necesita descansar al menos dos semanas.",
        "En el centro de la ciudad hay un mercado donde venden flores, fruta y pan.",
        "El tren con destino al norte sale del andén tres dentro de diez minutos.",
        "Los expertos creen que el precio del petróleo va a subir este invierno.",
        "Tengo que terminar este trabajo antes del lunes, pero no encuentro tiempo.",
        "Mis padres se conocieron en un baile cuando tenían veinte años.",
        "¿Puedes explicarme otra vez cómo funciona esta máquina?",
        "Entonces comprendimos que nos habíamos perdido en el bosque.",
        "El perro ladraba, las puertas estaban abiertas y no había nadie dentro.",
        "Según los últimos datos, más de la mitad de los jóvenes vive con sus padres.",
        "Gracias por venir; ha sido un placer hablar contigo.",
    ),
    "fr": (
        "Il a dit qu'il finirait le travail avant le dîner, puis nous sommes rentrés le long de la rivière.",
        "Les enfants jouaient dans le jardin quand la pluie a commencé à tomber.",
        "Personne ne savait pourquoi le vieil homme avait quitté le village si tôt le matin.",
    ),
    "de": (
        "Er sagte, dass er die Arbeit vor dem Abendessen beenden würde, und dann gingen wir nach Hause.",
        "Die Kinder spielten im Garten, als der Regen zu fallen begann.",
        "Niemand wusste, warum der alte Mann das Dorf so früh am Morgen verlassen hatte.",
    ),
    "it": (
        "Disse che avrebbe finito il lavoro prima di cena, e poi tornammo a casa lungo il fiume.",
        "I bambini giocavano nel giardino quando cominciò a cadere la pioggia.",
    ),
    "pt": (
        "Ele disse que terminaria o trabalho antes do jantar, e depois caminhamos para casa ao longo do rio.",
        "As crianças brincavam no jardim quando a chuva começou a cair.",
    ),
    "ca": (
        "Va dir que acabaria la feina abans de sopar, i després vam caminar cap a casa pel riu.",
        "Els nens jugaven al jardí quan va començar a caure la pluja.",
    ),
    "ru": (
        "Он сказал, что закончит работу до ужина, и потом мы пошли домой вдоль реки.",
        "Дети играли в саду, когда начал падать дождь.",
    ),
}
"""Plain sentences, ours."""

PITCH_LANGUAGES = ("en", "es", "fr")

_HOP_MS = 10
_PAUSE_SHARE = 0.01
"""A step this far below the loudest, 40 dB, is silence."""


def variants() -> None:
    """Print the word error rate of every variant."""
    speaker, decoder = Speaker(), Decoder(loglevel="FATAL", lw=LANGUAGE_WEIGHT)
    for variant in VARIANTS:
        errors = words = 0.0
        for text in SENTENCES["en"]:
            spoken = _spoken(speaker, text, f"en-US+{variant}", [(Parameter.RATE, UNDERSTOOD_WPM)])
            heard = soxr.resample(np.pad(spoken, speaker.rate_hz // 5), speaker.rate_hz, SPEECH_RATE_HZ)
            segments = sphinx.decode(decoder, (heard * 32767).clip(-32768, 32767).astype(np.int16))
            said = " ".join(filter(None, (sphinx.spelling(segment.word) for segment in segments)))
            errors += word_errors(text, said).rate * len(text.split())
            words += len(text.split())
        print(f"{variant} {errors / words:.2f}", flush=True)


def main() -> None:
    """Measure and print."""
    speaker = Speaker()
    print("# How eSpeak NG's parameters sound; measured and printed by tests/bench/calibrate_espeak.py.")
    print("# Between languages the pitch differs by 3 %; the pace of single sentences by 15 %.\n")
    print(f'low = "{LOW}"\nhigh = "{HIGH}"')
    print(f"boundary_hz = {BOUNDARY_HZ}  # adult men speak at 85 to 155 Hz, women at 165 to 255 (Titze 1994)")
    print(f"boundary_cm = {BOUNDARY_CM}  # between the vocal tracts of men and women: infra/decisions/008-voices.md")
    print(f"pitch = {list(PITCHES)}")
    print(f"rate_wpm = {list(RATES_WPM)}")
    print("\n[variants]  # median fundamental frequency in Hz at each pitch")
    for variant in (LOW, HIGH):
        print(f"{variant} = {[round(_pitch_hz(speaker, variant, value), 1) for value in PITCHES]}")
    print("\n[languages]  # syllables per second at each rate")
    paces = {
        language: [round(_syllables_per_s(speaker, language, rate), 2) for rate in RATES_WPM] for language in SENTENCES
    }
    for language, row in paces.items():
        print(f"{language} = {row}")
    print(f"{OTHER} = {[round(float(np.mean(column)), 2) for column in zip(*paces.values(), strict=True)]}")


def speaking_s(samples: npt.NDArray[np.float32], rate_hz: int) -> float:
    """Time of speech in ``samples`` (shape ``(n,)``, in [-1, 1]) without pauses of ``pace.LONGEST_GAP_MS`` or more."""
    hop = rate_hz * _HOP_MS // 1000
    steps = samples[: len(samples) // hop * hop].reshape(-1, hop)
    levels = np.sqrt(np.mean(np.square(steps), axis=1))
    loud = np.flatnonzero(levels > _PAUSE_SHARE * levels.max())
    gaps = np.diff(loud) - 1
    pauses = int(gaps[gaps * _HOP_MS > pace.LONGEST_GAP_MS].sum())
    return float(loud[-1] - loud[0] + 1 - pauses) * _HOP_MS / 1000


def _pitch_hz(speaker: Speaker, variant: str, value: int) -> float:
    heard = []
    for language in PITCH_LANGUAGES:
        for sentence in SENTENCES[language]:
            spoken = _spoken(speaker, sentence, f"{language}+{variant}", [(Parameter.PITCH, value)])
            if (median := pitch.median_hz(spoken, speaker.rate_hz)) is not None:
                heard.append(median)
    return float(np.median(heard))


def _syllables_per_s(speaker: Speaker, language: str, rate_wpm: int) -> float:
    syllables = sum(pace.syllables(word, language) or 0 for text in SENTENCES[language] for word in text.split())
    spoken = [_spoken(speaker, text, f"{language}+{LOW}", [(Parameter.RATE, rate_wpm)]) for text in SENTENCES[language]]
    return syllables / sum(speaking_s(samples, speaker.rate_hz) for samples in spoken)


def _spoken(
    speaker: Speaker, text: str, voice: str, parameters: Sequence[tuple[Parameter, int]]
) -> npt.NDArray[np.float32]:
    heard = apart(lambda: speaker.speak(text, voice=voice, parameters=parameters).tobytes(), limit_s=LIMIT_S)
    return (np.frombuffer(heard, np.int16) / 32768).astype(np.float32)


if __name__ == "__main__":
    variants() if sys.argv[1:] == ["variants"] else main()
