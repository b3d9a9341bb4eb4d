r"""Caption files: SRT, WebVTT and TTML, each a pair of pure functions, ``parse`` and ``compose``.

What each format carries of a ``Cue``; the tests hold this table:

| | SRT | WebVTT | TTML (IMSC 1.1 Text) |
|---|---|---|---|
| times | to the millisecond | to the millisecond | to the millisecond |
| lines, italics, placement | yes | yes | yes |
| speakers | no | yes | yes |
| text that itself reads as a tag (``<i>``, ``{\an8}``) or as a time line | no: SRT cannot escape | yes | yes |

No format carries: white space at the ends of a line, control characters and non-characters, the border
between italic runs that touch, the difference between one speaker for the cue and the same speaker on
every line, speakers of some lines only, a speaker's name beyond its words. What SRT shows of other words in
angle brackets is the player's choice: some drop them.

Reading leaves out bold, underline, colours, fonts, classes, ruby text, karaoke times, vertical writing, each
with a note (but for the styles of TTML, which every file has), and any position finer than the 3 by 3 grid.

``reading`` takes other people's files: bytes of unknown format and encoding. Nothing here does I/O.
"""
