"""How code that may not be shipped gives itself away in a compiled file."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Marker:
    """What proves that a native file holds certain code.

    Args:
        code: what it is, for people.
        licence: that this code brings with it, SPDX.
        reason: why the texts or names prove it, and what the licence asks for.
        texts: any of them in the file is proof.
        names: patterns of file names (lower case) that are proof.
    """

    code: str
    licence: str
    reason: str
    texts: tuple[bytes, ...] = ()
    names: tuple[str, ...] = ()


_SUITESPARSE = "Copyleft reaches the whole program; only parts of SuiteSparse are LGPL or BSD."
_GPL_PROGRAM = "Copyleft reaches the whole program that it is linked into."

MARKERS: tuple[Marker, ...] = (
    Marker(
        "FFmpeg built with GPL parts",
        "GPL-2.0-or-later",
        "FFmpeg keeps its configuration; with --enable-gpl all of its libraries are GPL.",
        (b"--enable-gpl", b"license: GPL version"),
    ),
    Marker(
        "FFmpeg that may not be passed on at all",
        "LicenseRef-nonfree",
        "--enable-nonfree joins parts whose licences exclude each other; FFmpeg says so itself.",
        (b"--enable-nonfree", b"license: nonfree and unredistributable"),
    ),
    Marker(
        "x264 (H.264 encoder)",
        "GPL-2.0-or-later",
        "Functions of the encoder itself or calls to it; reading x264's files needs neither.",
        (b"x264_encoder_open", b"H.264/MPEG-4 AVC codec - Copy"),
        ("libx264*",),
    ),
    Marker(
        "x265 (HEVC encoder)",
        "GPL-2.0-or-later",
        "Functions of the encoder or calls to it; libheif holds it in builds that can write HEIC.",
        (b"x265_encoder_open", b"x265_api_get"),
        ("libx265*",),
    ),
    Marker(
        "Xvid (MPEG-4 encoder)",
        "GPL-2.0-or-later",
        "Functions of the encoder or calls to it.",
        (b"xvid_encore",),
        ("libxvidcore*", "xvidcore*"),
    ),
    Marker(
        "Fraunhofer FDK AAC",
        "FDK-AAC",
        "No patent licence comes with it, and it excludes the GPL; FFmpeg calls it non-free.",
        (b"aacEncOpen", b"aacDecoder_Open"),
        ("libfdk-aac*", "libfdk_aac*"),
    ),
    Marker(
        "FAAD2 (AAC decoder)",
        "GPL-2.0-or-later",
        "Functions of the decoder or calls to it.",
        (b"NeAACDecOpen",),
        ("libfaad*",),
    ),
    Marker(
        "libimagequant (palette of PNG files)",
        "GPL-3.0-or-later",
        "Pillow can be built with it; its published wheels are not.",
        (b"liq_attr_create",),
        ("libimagequant*",),
    ),
    Marker(
        "OpenCV's non-free algorithms",
        "LicenseRef-nonfree",
        "OpenCV keeps a summary of how it was built; this line says that patented code is in.",
        (b"Non-free algorithms:         YES",),
    ),
    Marker(
        "GNU readline",
        "GPL-3.0-or-later",
        "Python's module `readline` calls it; a program with windows has no use for either.",
        (b"rl_readline_name",),
        ("libreadline*", "readline.cpython*"),
    ),
    Marker(
        "GNU dbm",
        "GPL-3.0-or-later",
        "Python's modules `_gdbm` and `_dbm` call it; nothing here does.",
        (b"gdbm_open",),
        ("libgdbm*",),
    ),
    Marker(
        "Berkeley DB",
        "AGPL-3.0-only OR Sleepycat",
        "Python's module `_dbm` calls it on some systems; copyleft reaches the whole program.",
        (b"Berkeley DB ",),
        ("libdb-[0-9]*",),
    ),
    Marker(
        "FFTW",
        "GPL-2.0-or-later",
        "Names of FFTW's own transforms; Intel's MKL has the interface but not these.",
        (b"fftw_codelet_", b"fftwf_codelet_", b"fftw-3."),
        ("libfftw3*",),
    ),
    Marker(
        "SuiteSparse: CHOLMOD's supernodal solver",
        "GPL-2.0-or-later",
        _SUITESPARSE,
        (b"cholmod_super_numeric", b"cholmod_l_super_numeric"),
    ),
    Marker(
        "SuiteSparse: CHOLMOD's matrix operations",
        "GPL-2.0-or-later",
        _SUITESPARSE,
        (b"cholmod_ssmult", b"cholmod_l_ssmult"),
    ),
    Marker(
        "SuiteSparse: CHOLMOD's updates of factors",
        "GPL-2.0-or-later",
        _SUITESPARSE,
        (b"cholmod_updown", b"cholmod_l_updown"),
    ),
    Marker(
        "SuiteSparse: SPQR",
        "GPL-2.0-or-later",
        _SUITESPARSE,
        (b"SuiteSparseQR_factorization", b"SuiteSparseQR requires the CHOLMOD"),
        ("libspqr*",),
    ),
    Marker(
        "SuiteSparse: UMFPACK",
        "GPL-2.0-or-later",
        _SUITESPARSE,
        (b"umfpack_di_numeric", b"umfpack_dl_numeric"),
        ("libumfpack*",),
    ),
    Marker(
        "CGAL",
        "GPL-3.0-or-later",
        "Most of CGAL is GPL. Its namespace in a type's name proves code; a message would not.",
        (b"N4CGAL", b"@CGAL@@", b"CGAL error: "),
    ),
    Marker(
        "FreeImage",
        "FreeImage OR GPL-2.0-only OR GPL-3.0-only",
        "Its own licence asks for its sources to be offered, and it holds LibRaw and others.",
        (b"FreeImage_Initialise",),
        ("libfreeimage*", "freeimage*"),
    ),
    Marker(
        "SiftGPU",
        "LicenseRef-SiftGPU-noncommercial",
        "For education, research and non-profit only; COLMAP holds it in builds with a GPU.",
        (b"7SiftGPU", b"@SiftGPU@@"),
    ),
    Marker(
        "LSD (line segments)",
        "AGPL-3.0-or-later",
        "The authors' own code, as COLMAP can hold it; OpenCV's is a different one.",
        (b"LSD Error: %s",),
    ),
    Marker(
        "Triangle (Shewchuk)",
        "LicenseRef-Triangle-noncommercial",
        "May not be sold or be part of a commercial product.",
        (b"A Two-Dimensional Quality Mesh Generator",),
    ),
    Marker("TetGen", "AGPL-3.0-or-later", _GPL_PROGRAM, (b"tetgenmesh",)),
    Marker("MeshFix", "GPL-3.0-or-later OR AGPL-3.0-or-later", _GPL_PROGRAM, (b"6T_MESH",)),
    Marker("GLPK", "GPL-3.0-or-later", _GPL_PROGRAM, (b"glp_create_prob",), ("libglpk*",)),
    Marker(
        "GNU Scientific Library",
        "GPL-3.0-or-later",
        _GPL_PROGRAM,
        (b"gsl_set_error_handler",),
        ("libgsl.*", "libgsl-*"),
    ),
    Marker(
        "a module of Qt that is not under the LGPL",
        "GPL-3.0-only",
        "The Qt Company offers it under the GPL or for money; the wheel holds it all the same.",
        (),
        tuple(
            f"*{begin}{module}*"
            for begin in ("qt6", "libqt")
            for module in (
                "charts", "coap", "datavisualization", "graphs", "httpserver", "lottie", "mqtt",
                "networkauth", "quick3d", "quicktimeline", "shadertools", "virtualkeyboard",
                "waylandcompositor",
            )
        ),
    ),
    Marker(
        "NVIDIA's CUDA libraries",
        "LicenseRef-NVIDIA",
        "They belong into the second download, which the person's own program makes.",
        (),
        ("libcudart*", "libcublas*", "libcudnn*", "libcufft*", "libcusparse*", "libcusolver*",
         "libnvrtc*", "libnccl*", "cudart64_*", "cublas*.dll", "cudnn*.dll", "nvrtc*.dll"),
    ),
)  # fmt: skip
