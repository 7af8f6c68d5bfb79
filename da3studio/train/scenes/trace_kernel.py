"""`tracing` once more, as a GPU kernel: one thread a ray, all in registers.

The torch code runs on any computer and is what this is compared with. Imported only where there is
a GPU: Triton comes with torch for CUDA alone.
"""

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def _wave(turns):
    """The cosine of an angle in turns, within 2e-7."""
    t = tl.abs(turns - tl.floor(turns) - 0.5) - 0.25
    s = t * t
    high = 81.60099819 + s * (-76.54965682 + s * 39.53581371)
    return t * (6.28318515961 + s * (-41.3416549293 + s * high))


@triton.jit
def cosine(x):
    """As good as the angle's own rounding; libdevice's has a branch for large angles."""
    return _wave(x * 0.15915494309)


@triton.jit
def sine(x):
    """See `cosine`."""
    return _wave(x * 0.15915494309 - 0.25)


@triton.jit
def any_of(condition):
    """Whether it holds for any of the block's rays: what none of them needs is left out."""
    return tl.max(condition.to(tl.int32), axis=0) > 0


@triton.jit
def _into(m, ox, oy, oz, dx, dy, dz):
    """A ray in a body's frame."""
    a, b, c, d = tl.load(m), tl.load(m + 1), tl.load(m + 2), tl.load(m + 3)
    px, vx = a * ox + b * oy + c * oz + d, a * dx + b * dy + c * dz
    a, b, c, d = tl.load(m + 4), tl.load(m + 5), tl.load(m + 6), tl.load(m + 7)
    py, vy = a * ox + b * oy + c * oz + d, a * dx + b * dy + c * dz
    a, b, c, d = tl.load(m + 8), tl.load(m + 9), tl.load(m + 10), tl.load(m + 11)
    pz, vz = a * ox + b * oy + c * oz + d, a * dx + b * dy + c * dz
    return px, py, pz, vx, vy, vz


@triton.jit
def _slab(p, v, near, far):
    slope = 1.0 / tl.where(tl.abs(v) < 1e-12, 1e-12, v)
    one, other = (-1.0 - p) * slope, (1.0 - p) * slope
    return tl.maximum(near, tl.minimum(one, other)), tl.minimum(far, tl.maximum(one, other))


@triton.jit
def _cube(px, py, pz, vx, vy, vz):
    """Entry, exit, shift and the point nearest to the middle, see `tracing._unit_cube`."""
    shift = -(px * vx + py * vy + pz * vz) / tl.maximum(vx * vx + vy * vy + vz * vz, 1e-12)
    px, py, pz = px + shift * vx, py + shift * vy, pz + shift * vz
    near, far = px * 0.0 - 1e8, px * 0.0 + 1e8
    near, far = _slab(px, vx, near, far)
    near, far = _slab(py, vy, near, far)
    near, far = _slab(pz, vz, near, far)
    return near, far, shift, px, py, pz


@triton.jit
def _solid(m, q, ox, oy, oz, dx, dy, dz):
    """Distance to one solid, see `tracing._nearest_solid`."""
    px, py, pz, vx, vy, vz = _into(m, ox, oy, oz, dx, dy, dz)
    near, far, shift, px, py, pz = _cube(px, py, pz, vx, vy, vz)
    xx, yy, zz, z, one = tl.load(q), tl.load(q + 1), tl.load(q + 2), tl.load(q + 3), tl.load(q + 4)
    a = xx * vx * vx + yy * vy * vy + zz * vz * vz
    a = tl.where(tl.abs(a) < 1e-12, 1e-12, a)
    b = xx * px * vx + yy * py * vy + zz * pz * vz + 0.5 * z * vz
    c = xx * px * px + yy * py * py + zz * pz * pz + z * pz + one
    square = b * b - a * c
    root = tl.sqrt(tl.maximum(square, 0.0))
    first, second = (-b - root) / a, (-b + root) / a
    low, high = tl.minimum(first, second), tl.maximum(first, second)
    crosses = square > 0
    before = near < tl.minimum(low, far)
    hollow_near = tl.where(before | (square <= 0), near, tl.maximum(near, high))
    hollow_far = tl.where(before & crosses, tl.minimum(low, far), far)
    enters = tl.where(a > 0, tl.maximum(near, low), hollow_near)
    leaves = tl.where(a > 0, tl.minimum(far, high), hollow_far)
    there = (enters < leaves) & (crosses | (a < 0))
    enters, leaves = enters + shift, leaves + shift
    hit = tl.where(enters > 0, enters, leaves)
    return tl.where(there & (hit > 0), hit, 1e8)


@triton.jit
def _power(x, exponent):
    return tl.exp2(exponent * tl.log2(tl.maximum(tl.abs(x), 1e-6)))


@triton.jit
def lump_value(x, y, z, across, upright, height, frequency, phase):
    """See `tracing.lump_value`."""
    swell = 1 + 1.5 * height
    x, y, z = x * swell, y * swell, z * swell
    ring = tl.maximum(_power(x, across) + _power(y, across), 1e-9)
    body = tl.exp2(upright / across * tl.log2(ring)) + _power(z, upright)
    body = tl.exp2(tl.log2(tl.maximum(body, 1e-9)) / upright)
    waves = sine(frequency * x + phase) * sine(frequency * y + 2 * phase)
    return body - 1 + height * waves * sine(frequency * z + 3 * phase)


@triton.jit
def _lump(m, s, ox, oy, oz, dx, dy, dz):
    """Distance to one lump, see `tracing._lumps`."""
    px, py, pz, vx, vy, vz = _into(m, ox, oy, oz, dx, dy, dz)
    near, far, shift, px, py, pz = _cube(px, py, pz, vx, vy, vz)
    near = tl.maximum(near, -shift)
    a, b, c, d, e = tl.load(s), tl.load(s + 1), tl.load(s + 2), tl.load(s + 3), tl.load(s + 4)
    step = tl.maximum(far - near, 0.0) / 16
    first = px * 0.0 + 1e8
    start = 1
    while (start < 16) & any_of((far > near) & (first > 1e7)):
        for i in range(start, start + 5):
            t = near + step * i
            value = lump_value(px + t * vx, py + t * vy, pz + t * vz, a, b, c, d, e)
            first = tl.where((value < 0) & (first > 1e7), i * 1.0, first)
        start += 5
    outside = tl.minimum(near + step * (first - 1), 1e6)
    inside = tl.minimum(near + step * first, 1e6)
    middle = inside
    if any_of(first < 1e7):
        t = outside
        at_out = lump_value(px + t * vx, py + t * vy, pz + t * vz, a, b, c, d, e)
        t = inside
        at_in = lump_value(px + t * vx, py + t * vy, pz + t * vz, a, b, c, d, e)
        for turn in range(7):
            share = at_out / tl.maximum(at_out - at_in, 1e-9)
            share = tl.where(turn < 4, 0.5, tl.minimum(tl.maximum(share, 0.0), 1.0))
            middle = outside + (inside - outside) * share
            t = middle
            at_mid = lump_value(px + t * vx, py + t * vy, pz + t * vz, a, b, c, d, e)
            is_in = at_mid < 0
            inside, outside = tl.where(is_in, middle, inside), tl.where(is_in, outside, middle)
            at_in = tl.where(is_in, at_mid, 0.5 * at_in)
            at_out = tl.where(is_in, 0.5 * at_out, at_mid)
    return tl.where((far > near) & (first < 1e7), middle + shift, 1e8)


@triton.jit
def _height(x, y, waves, n_waves):
    height = x * 0.0
    for i in range(n_waves):
        w = waves + 4 * i
        angle = tl.load(w) * x + tl.load(w + 1) * y + tl.load(w + 2)
        height += tl.load(w + 3) * sine(angle)
    return height


@triton.jit
def _terrain(waves, n_waves, ox, oy, oz, dx, dy, dz):
    """Distance to the terrain, see `tracing._terrain`."""
    peak = 0.0
    for i in range(n_waves):
        peak += tl.abs(tl.load(waves + 4 * i + 3))
    slope = 1.0 / tl.where(tl.abs(dz) < 1e-6, 1e-6, dz)
    one, other = (-peak - oz) * slope, (peak - oz) * slope
    near = tl.maximum(tl.minimum(one, other), 1e-3)
    far = tl.minimum(
        tl.maximum(one, other), near + 40 * peak / tl.sqrt(dx * dx + dy * dy + dz * dz)
    )
    step = tl.maximum(far - near, 0.0) / 56
    first = ox * 0.0 + 1e8
    start = 1
    while (start < 57) & any_of((far > near) & (first > 1e7)):
        for i in range(start, start + 4):
            t = near + step * i
            value = oz + t * dz - _height(ox + t * dx, oy + t * dy, waves, n_waves)
            first = tl.where((value < 0) & (first > 1e7), i * 1.0, first)
        start += 4
    outside = tl.minimum(near + step * (first - 1), 1e6)
    inside = tl.minimum(near + step * first, 1e6)
    middle = inside
    if any_of(first < 1e7):
        t = outside
        at_out = oz + t * dz - _height(ox + t * dx, oy + t * dy, waves, n_waves)
        t = inside
        at_in = oz + t * dz - _height(ox + t * dx, oy + t * dy, waves, n_waves)
        for turn in range(7):
            share = at_out / tl.maximum(at_out - at_in, 1e-9)
            share = tl.where(turn < 4, 0.5, tl.minimum(tl.maximum(share, 0.0), 1.0))
            middle = outside + (inside - outside) * share
            t = middle
            at_mid = oz + t * dz - _height(ox + t * dx, oy + t * dy, waves, n_waves)
            is_in = at_mid < 0
            inside, outside = tl.where(is_in, middle, inside), tl.where(is_in, outside, middle)
            at_in = tl.where(is_in, at_mid, 0.5 * at_in)
            at_out = tl.where(is_in, 0.5 * at_out, at_mid)
    return tl.where((far > near) & (first < 1e7), middle, 1e8)


@triton.jit
def _balls(frames, count, x, y, z):
    """Which of 64 bodies are there, and the balls around them, seen from a place."""
    body = tl.arange(0, 64)
    there = body < count
    m = frames + body * 12
    vx, vy, vz, square = body * 0.0 - x, body * 0.0 - y, body * 0.0 - z, body * 0.0
    for row in tl.static_range(3):
        a, b = tl.load(m + 4 * row, there, 0.0), tl.load(m + 4 * row + 1, there, 0.0)
        c, d = tl.load(m + 4 * row + 2, there, 0.0), tl.load(m + 4 * row + 3, there, 0.0)
        length = a * a + b * b + c * c
        there = there & (length > 1e-16)
        inverse = 1.0 / tl.maximum(length, 1e-16)
        vx, vy, vz = vx - d * inverse * a, vy - d * inverse * b, vz - d * inverse * c
        square += inverse
    return there, vx, vy, vz, tl.sqrt(square)


@triton.jit
def _bits(chosen):
    body = tl.arange(0, 64)
    return tl.sum(tl.where(chosen, tl.full((64,), 1, tl.int64) << body, 0), axis=0)


@triton.jit
def in_beam(frames, count, x, y, z, ax, ay, az, sine_of, cosine_of, radius):
    """Which of up to 64 bodies a beam may meet, as bits: the others need not be asked.

    A beam holds all rays from a ball around a place whose directions lie in a cone around the
    unit vector `(ax, ay, az)`.
    """
    there, vx, vy, vz, reach = _balls(frames, count, x, y, z)
    ahead = vx * ax + vy * ay + vz * az
    away = vx * vx + vy * vy + vz * vz
    aside = tl.sqrt(tl.maximum(away - ahead * ahead, 0.0))
    reach += radius + 1e-3 * tl.sqrt(away)  # with room for rounding
    return _bits(there & (aside * cosine_of - ahead * sine_of < reach) & (ahead > -reach))


@triton.jit
def in_ball(frames, count, x, y, z, radius):
    """Which of up to 64 bodies may be within a ball, as bits."""
    there, vx, vy, vz, reach = _balls(frames, count, x, y, z)
    away = tl.sqrt(vx * vx + vy * vy + vz * vz)
    return _bits(there & (away < 1.001 * (reach + radius)))


@triton.jit
def nearest(
    solids, quadrics, lumps, shapes, waves, n_solids, n_lumps, n_waves, some_solids, some_lumps,
    ox, oy, oz, dx, dy, dz,
):  # fmt: skip
    """Distance and id of the first hit, see `tracing.nearest`.

    Bodies whose bit is not set in `some_solids` and `some_lumps` are left out.
    """
    best, which = ox * 0.0 + 1e8, (ox * 0.0).to(tl.int32)
    for i in range(n_solids):
        if (some_solids >> i) & 1:
            t = _solid(solids + 12 * i, quadrics + 5 * i, ox, oy, oz, dx, dy, dz)
            which = tl.where(t < best, i, which)
            best = tl.minimum(best, t)
    for i in range(n_lumps):
        if (some_lumps >> i) & 1:
            t = _lump(lumps + 12 * i, shapes + 5 * i, ox, oy, oz, dx, dy, dz)
            which = tl.where(t < best, n_solids + i, which)
            best = tl.minimum(best, t)
    if n_waves > 0:
        t = _terrain(waves, n_waves, ox, oy, oz, dx, dy, dz)
        which = tl.where(t < best, n_solids + n_lumps, which)
        best = tl.minimum(best, t)
    return best, which


# Numbers are taken as they come: else every size of batch would be compiled anew.
@triton.jit(do_not_specialize=["n_solids", "n_lumps", "n_waves", "n_rays"])
def trace_kernel(
    solids, quadrics, lumps, shapes, waves, n_solids, n_lumps, n_waves,
    origins, directions, n_rays, distance_out, which_out, block: tl.constexpr,
):  # fmt: skip
    """First hits of given rays; the grid is (blocks of rays, scenes)."""
    scene = tl.program_id(1)
    ray = tl.program_id(0) * block + tl.arange(0, block)
    on = ray < n_rays
    at = (scene.to(tl.int64) * n_rays + ray) * 3
    ox, oy, oz = (
        tl.load(origins + at, on, 0.0), tl.load(origins + at + 1, on, 0.0),
        tl.load(origins + at + 2, on, 0.0),
    )  # fmt: skip
    dx, dy, dz = (
        tl.load(directions + at, on, 1.0), tl.load(directions + at + 1, on, 0.0),
        tl.load(directions + at + 2, on, 0.0),
    )  # fmt: skip
    distance, which = nearest(
        solids + scene * n_solids * 12, quadrics + scene * n_solids * 5,
        lumps + scene * n_lumps * 12, shapes + scene * n_lumps * 5, waves + scene * n_waves * 4,
        n_solids, n_lumps, n_waves, -1, -1, ox, oy, oz, dx, dy, dz,
    )  # fmt: skip
    to = scene.to(tl.int64) * n_rays + ray
    tl.store(distance_out + to, distance, on)
    tl.store(which_out + to, which, on)
