"""What a process gives up before it opens untrusted media. For the inner process alone."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys

from pipeline.media.messages import Bounds

_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38  # prctl(2)
_CLONE_NEWUSER, _CLONE_NEWNET = 0x1000_0000, 0x4000_0000  # unshare(2)

_LAST_WORDS_S = 5
"""Processor time between SIGXCPU, by which the parent knows what the process died of, and SIGKILL at the hard
limit, which names no reason. The first ends the process at once; the rest is for a kernel that accounts late."""


def confine(bounds: Bounds) -> None:
    """Leave the network, gain no rights any more, die with the parent, and take no more than ``bounds``.

    To be called while there is one thread. What this system does not allow is left out; only the limits must hold.
    """
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        _leave_network(libc)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    for kind, most in (
        (resource.RLIMIT_AS, bounds.limits.memory_bytes),
        (resource.RLIMIT_FSIZE, bounds.limits.output_bytes),
        (resource.RLIMIT_CPU, bounds.cpu_s),
        (resource.RLIMIT_CORE, 0),
    ):
        _, hard = resource.getrlimit(kind)
        limit = most if hard == resource.RLIM_INFINITY else min(most, hard)
        spare = _LAST_WORDS_S if kind == resource.RLIMIT_CPU else 0
        resource.setrlimit(kind, (limit, limit + spare if hard == resource.RLIM_INFINITY else hard))


def _leave_network(libc: ctypes.CDLL) -> None:
    """Move into an empty network, where not even the loopback is up.

    Root may do so as it is. Others need a user namespace of their own for it; root does without, since it
    would lose its right to read the files of others, of which the input may be one. (With that it also keeps
    the right to come back, so that this holds a decoder that was taken over only where it is not root's.)
    """
    libc.unshare(_CLONE_NEWNET if os.geteuid() == 0 else _CLONE_NEWUSER | _CLONE_NEWNET)
