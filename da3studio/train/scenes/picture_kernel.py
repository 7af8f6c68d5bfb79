"""`shading` and `render` once more, as a GPU kernel; see `trace_kernel`."""

from __future__ import annotations

import triton
import triton.language as tl

from da3studio.train.scenes.pattern_kernel import clamp, mix, noise, worn
from da3studio.train.scenes.trace_kernel import (
    any_of,
    cosine,
    in_ball,
    in_beam,
    lump_value,
    nearest,
    sine,
)


@triton.jit
def _unit(x, y, z):
    scale = 1.0 / tl.maximum(tl.sqrt(x * x + y * y + z * z), 1e-9)
    return x * scale, y * scale, z * scale


@triton.jit
def _sky(light, x, y, z):
    flat = 1.5 / (0.3 + tl.abs(z))
    seed = tl.load(light + 22).to(tl.int32)
    cloud = tl.load(light + 21) * tl.maximum(noise(x * flat, y * flat, seed) - 0.4, 0.0)
    up = tl.sqrt(clamp(z, 0.0, 1.0))
    below = tl.where(z < 0, 1 + 0.5 * z * tl.load(light + 23), 1.0)
    r0, g0, b0 = tl.load(light + 18), tl.load(light + 19), tl.load(light + 20)
    r = (r0 + (tl.load(light + 15) - r0) * up) * below + cloud
    g = (g0 + (tl.load(light + 16) - g0) * up) * below + cloud
    b = (b0 + (tl.load(light + 17) - b0) * up) * below + cloud
    return r, g, b


@triton.jit
def _face(p):
    return tl.abs(1 - tl.abs(p))


@triton.jit
def _sign(p):
    return tl.where(p > 0, 1.0, tl.where(p < 0, -1.0, 0.0))


@triton.jit
def _gathered(m, x, y, z):
    """A point in frames that differ from pixel to pixel."""
    px = tl.load(m) * x + tl.load(m + 1) * y + tl.load(m + 2) * z + tl.load(m + 3)
    py = tl.load(m + 4) * x + tl.load(m + 5) * y + tl.load(m + 6) * z + tl.load(m + 7)
    pz = tl.load(m + 8) * x + tl.load(m + 9) * y + tl.load(m + 10) * z + tl.load(m + 11)
    return px, py, pz


@triton.jit
def _turned_out(m, gx, gy, gz):
    """A gradient in a body's frame as a normal in the world."""
    x = tl.load(m) * gx + tl.load(m + 4) * gy + tl.load(m + 8) * gz
    y = tl.load(m + 1) * gx + tl.load(m + 5) * gy + tl.load(m + 9) * gz
    z = tl.load(m + 2) * gx + tl.load(m + 6) * gy + tl.load(m + 10) * gz
    return x, y, z


@triton.jit
def _row_length(m):
    a, b, c = tl.load(m), tl.load(m + 1), tl.load(m + 2)
    return tl.maximum(tl.sqrt(a * a + b * b + c * c), 1e-9)


@triton.jit
def _surface(solids, quadrics, lumps, shapes, waves, n_solids, n_lumps, n_waves, which, x, y, z):
    """Normal and place on the body, see `shading._surface`."""
    m = solids + tl.minimum(which, n_solids - 1) * 12
    q = quadrics + tl.minimum(which, n_solids - 1) * 5
    px, py, pz = _gathered(m, x, y, z)
    xx, yy, zz, h, one = tl.load(q), tl.load(q + 1), tl.load(q + 2), tl.load(q + 3), tl.load(q + 4)
    cx, cy, cz = 2 * xx * px, 2 * yy * py, 2 * zz * pz + h
    value = xx * px * px + yy * py * py + zz * pz * pz + h * pz + one
    steep = tl.sqrt(cx * cx + cy * cy + cz * cz)
    off = tl.where(steep > 1e-6, tl.abs(value) / tl.maximum(steep, 1e-6), 9.0)
    fx, fy, fz = _face(px), _face(py), _face(pz)
    least = tl.minimum(tl.minimum(fx, fy), fz)
    curved = off < least
    gx = tl.where(curved, cx, tl.where(fx <= least, _sign(px), 0.0))
    gy = tl.where(curved, cy, tl.where(fy <= least, _sign(py), 0.0))
    gz = tl.where(curved, cz, tl.where(fz <= least, _sign(pz), 0.0))
    nx, ny, nz = _turned_out(m, gx, gy, gz)
    ux, uy, uz = px / _row_length(m), py / _row_length(m + 4), pz / _row_length(m + 8)
    if any_of((which >= n_solids) & (which < n_solids + n_lumps)):
        index = tl.minimum(tl.maximum(which - n_solids, 0), n_lumps - 1)
        m, s = lumps + index * 12, shapes + index * 5
        px, py, pz = _gathered(m, x, y, z)
        a, b, c, d, e = tl.load(s), tl.load(s + 1), tl.load(s + 2), tl.load(s + 3), tl.load(s + 4)
        k = 2e-3
        gx = lump_value(px + k, py, pz, a, b, c, d, e) - lump_value(px - k, py, pz, a, b, c, d, e)
        gy = lump_value(px, py + k, pz, a, b, c, d, e) - lump_value(px, py - k, pz, a, b, c, d, e)
        gz = lump_value(px, py, pz + k, a, b, c, d, e) - lump_value(px, py, pz - k, a, b, c, d, e)
        lx, ly, lz = _turned_out(m, gx, gy, gz)
        is_lump = which >= n_solids
        nx, ny, nz = tl.where(is_lump, lx, nx), tl.where(is_lump, ly, ny), tl.where(is_lump, lz, nz)
        ux = tl.where(is_lump, px / _row_length(m), ux)
        uy = tl.where(is_lump, py / _row_length(m + 4), uy)
        uz = tl.where(is_lump, pz / _row_length(m + 8), uz)
    if n_waves > 0:
        sx, sy = x * 0.0, x * 0.0
        for i in range(n_waves):
            w = waves + 4 * i
            fa, fb = tl.load(w), tl.load(w + 1)
            rise = tl.load(w + 3) * cosine(fa * x + fb * y + tl.load(w + 2))
            sx += rise * fa
            sy += rise * fb
        is_ground = which >= n_solids + n_lumps
        nx = tl.where(is_ground, -sx, nx)
        ny = tl.where(is_ground, -sy, ny)
        nz = tl.where(is_ground, 1.0, nz)
        ux, uy = tl.where(is_ground, x, ux), tl.where(is_ground, y, uy)
        uz = tl.where(is_ground, z, uz)
    nx, ny, nz = _unit(nx, ny, nz)
    return nx, ny, nz, ux, uy, uz


@triton.jit
def _turned_back(m, x, y, z):
    """A direction in a body's frame, without its size, in the world."""
    return _turned_out(m, x / _row_length(m), y / _row_length(m + 4), z / _row_length(m + 8))


@triton.jit
def _lifted(solids, lumps, n_solids, n_lumps, n_waves, which, x, y, z):
    """A direction in the frame of the place on a body, in the world."""
    wx, wy, wz = _turned_back(solids + tl.minimum(which, n_solids - 1) * 12, x, y, z)
    if n_lumps > 0:
        index = tl.minimum(tl.maximum(which - n_solids, 0), n_lumps - 1)
        lx, ly, lz = _turned_back(lumps + index * 12, x, y, z)
        is_lump = which >= n_solids
        wx, wy, wz = tl.where(is_lump, lx, wx), tl.where(is_lump, ly, wy), tl.where(is_lump, lz, wz)
    if n_waves > 0:
        is_ground = which >= n_solids + n_lumps
        wx, wy, wz = (
            tl.where(is_ground, x, wx), tl.where(is_ground, y, wy), tl.where(is_ground, z, wz),
        )  # fmt: skip
    return wx, wy, wz


@triton.jit
def _gap(m, x, y, z):
    a, b, c = tl.load(m), tl.load(m + 1), tl.load(m + 2)
    local = a * x + b * y + c * z + tl.load(m + 3)
    return (tl.abs(local) - 1) / tl.sqrt(a * a + b * b + c * c + 1e-12)


@triton.jit
def _openness(solids, n_solids, some_solids, radius, x, y, z, nx, ny, nz):
    x, y, z = x + nx * radius, y + ny * radius, z + nz * radius
    least = x * 0.0 + 1e8
    for i in range(n_solids):
        if (some_solids >> i) & 1:
            m = solids + 12 * i
            a, b, c = _gap(m, x, y, z), _gap(m + 4, x, y, z), _gap(m + 8, x, y, z)
            inside = tl.maximum(tl.maximum(a, b), c)
            a, b, c = tl.maximum(a, 0.0), tl.maximum(b, 0.0), tl.maximum(c, 0.0)
            away = tl.where(inside > 0, tl.sqrt(a * a + b * b + c * c), tl.abs(inside))
            least = tl.minimum(least, away)
    return clamp(least / tl.maximum(radius, 1e-6), 0.0, 1.0) * 0.7 + 0.3


@triton.jit
def _seen(solids, lumps, n_solids, n_lumps, ox, oy, oz, dx, dy, dz, pixel):
    """Bodies that rays from one place may meet, up to a pixel [rad] from the given ones."""
    dx, dy, dz = _unit(dx, dy, dz)
    ax, ay, az = _unit(tl.sum(dx, axis=0), tl.sum(dy, axis=0), tl.sum(dz, axis=0))
    cx, cy, cz = ay * dz - az * dy, az * dx - ax * dz, ax * dy - ay * dx
    wide = tl.sqrt(tl.max(cx * cx + cy * cy + cz * cz, axis=0)) + pixel
    wide = tl.minimum(wide, 1.0)
    narrow = tl.sqrt(1 - wide * wide)
    x, y, z = tl.max(ox, axis=0), tl.max(oy, axis=0), tl.max(oz, axis=0)
    some_solids = in_beam(solids, n_solids, x, y, z, ax, ay, az, wide, narrow, 0.0)
    some_lumps = in_beam(lumps, n_lumps, x, y, z, ax, ay, az, wide, narrow, 0.0)
    return some_solids, some_lumps


@triton.jit
def _ball(hit, x, y, z):
    """Middle and radius of a ball around the places that are hit."""
    count = tl.maximum(tl.sum(hit.to(tl.float32), axis=0), 1.0)
    cx = tl.sum(tl.where(hit, x, 0.0), axis=0) / count
    cy = tl.sum(tl.where(hit, y, 0.0), axis=0) / count
    cz = tl.sum(tl.where(hit, z, 0.0), axis=0) / count
    off = (x - cx) * (x - cx) + (y - cy) * (y - cy) + (z - cz) * (z - cz)
    return cx, cy, cz, tl.sqrt(tl.max(tl.where(hit, off, 0.0), axis=0))


@triton.jit
def _colour(
    solids, quadrics, lumps, shapes, waves, n_solids, n_lumps, n_waves, some_solids, some_lumps,
    materials, light, ox, oy, oz, dx, dy, dz, pixel,
):  # fmt: skip
    """Linear light along rays, see `shading.met` and `shading.lit`."""
    distance, which = nearest(
        solids, quadrics, lumps, shapes, waves, n_solids, n_lumps, n_waves,
        some_solids, some_lumps, ox, oy, oz, dx, dy, dz,
    )  # fmt: skip
    length = tl.sqrt(dx * dx + dy * dy + dz * dz)
    rx, ry, rz = dx / length, dy / length, dz / length
    hit = distance < 5e7
    distance = tl.where(hit, distance * length, 1.0)
    x, y, z = ox + rx * distance, oy + ry * distance, oz + rz * distance
    nx, ny, nz, ux, uy, uz = _surface(
        solids, quadrics, lumps, shapes, waves, n_solids, n_lumps, n_waves, which, x, y, z
    )
    facing = nx * rx + ny * ry + nz * rz
    side = tl.where(facing > 0, -1.0, 1.0)
    nx, ny, nz = nx * side, ny * side, nz * side
    slant = tl.maximum(tl.abs(facing), 0.15)

    # Pattern
    m = materials + which * 17
    is_flat = tl.abs(nz) >= tl.maximum(tl.abs(nx), tl.abs(ny))
    u, v = tl.where(is_flat, ux, ux + uy), tl.where(is_flat, uy, -uz)
    scale, angle = tl.load(m + 1), tl.load(m + 2)
    cos, sin = cosine(angle), sine(angle)
    pu, pv = scale * (cos * u - sin * v), scale * (sin * u + cos * v)
    footprint, seed = pixel * distance / slant * scale, tl.load(m + 3).to(tl.int32)
    second, third = mix(tl.load(m), pu, pv, footprint, seed)
    r, g, b = tl.load(m + 7), tl.load(m + 8), tl.load(m + 9)
    r += (tl.load(m + 10) - r) * second
    g += (tl.load(m + 11) - g) * second
    b += (tl.load(m + 12) - b) * second
    r += (tl.load(m + 13) - r) * third
    g += (tl.load(m + 14) - g) * third
    b += (tl.load(m + 15) - b) * third
    brightness, by_u, by_v = worn(pu, pv, footprint, seed)
    brightness = tl.maximum(1 + tl.load(m + 16) * brightness, 0.2)
    r, g, b = r * brightness, g * brightness, b * brightness
    relief = tl.load(m + 6)
    along, rise = relief * (cos * by_u + sin * by_v), relief * (cos * by_v - sin * by_u)
    wx, wy, wz = _lifted(
        solids, lumps, n_solids, n_lumps, n_waves, which,
        along, tl.where(is_flat, rise, along), tl.where(is_flat, 0.0, -rise),
    )  # fmt: skip
    off = wx * nx + wy * ny + wz * nz
    qx, qy, qz = _unit(nx - wx + off * nx, ny - wy + off * ny, nz - wz + off * nz)

    # Sun or lamp
    lift = 2e-3 * distance
    x, y, z = x + nx * lift, y + ny * lift, z + nz * lift
    is_lamp = tl.load(light + 3)
    tx = tl.load(light) - is_lamp * x
    ty = tl.load(light + 1) - is_lamp * y
    tz = tl.load(light + 2) - is_lamp * z
    far = tl.sqrt(tx * tx + ty * ty + tz * tz)
    inverse = 1.0 / tl.maximum(far, 1e-6)
    tx, ty, tz = tx * inverse, ty * inverse, tz * inverse
    cx, cy, cz, radius = _ball(hit, x, y, z)
    ax, ay, az = _unit(
        tl.load(light) - is_lamp * cx, tl.load(light + 1) - is_lamp * cy,
        tl.load(light + 2) - is_lamp * cz,
    )  # fmt: skip
    some_solids = in_beam(solids, n_solids, cx, cy, cz, ax, ay, az, 0.0, 1.0, radius)
    some_lumps = in_beam(lumps, n_lumps, cx, cy, cz, ax, ay, az, 0.0, 1.0, radius)
    shadow, _ = nearest(
        solids, quadrics, lumps, shapes, waves, n_solids, n_lumps, n_waves,
        some_solids, some_lumps, x, y, z, tx, ty, tz,
    )  # fmt: skip
    reach = tl.where(is_lamp > 0, far, 1e8)
    free = tl.where(shadow > tl.minimum(0.98 * reach, 5e7), 1.0, 0.0)
    power = tl.where(is_lamp > 0, 1.0 / (0.3 + far * far), 1.0) * free
    lambert = power * tl.maximum(qx * tx + qy * ty + qz * tz, 0.0)
    hx, hy, hz = _unit(tx - rx, ty - ry, tz - rz)
    shine = tl.maximum(qx * hx + qy * hy + qz * hz, 0.0)
    shine = power * tl.load(m + 4) * tl.exp2(40 * tl.log2(tl.maximum(shine, 1e-6)))
    wide = tl.load(light + 13)
    some_solids = in_ball(solids, n_solids, cx, cy, cz, radius + 2 * wide)
    openness = _openness(solids, n_solids, some_solids, wide, x, y, z, nx, ny, nz)
    up = 0.5 + 0.5 * qz
    slope = rx * qx + ry * qy + rz * qz
    graze = 1 - tl.abs(slope)
    mirror = tl.load(m + 5) * (0.2 + 0.8 * graze * graze * graze)
    mr, mg, mb = _sky(light, rx - 2 * slope * qx, ry - 2 * slope * qy, rz - 2 * slope * qz)
    sr, sg, sb = _sky(light, rx, ry, rz)
    haze = 1 - tl.exp(-distance * tl.load(light + 14))
    r = _lit(light, 0, r, lambert, shine, up, openness, mirror * mr, haze)
    g = _lit(light, 1, g, lambert, shine, up, openness, mirror * mg, haze)
    b = _lit(light, 2, b, lambert, shine, up, openness, mirror * mb, haze)
    return tl.where(hit, r, sr), tl.where(hit, g, sg), tl.where(hit, b, sb)


@triton.jit
def _lit(light, channel, base, lambert, shine, up, openness, mirrored, haze):
    strength = tl.load(light + 4 + channel)
    above, below = tl.load(light + 7 + channel), tl.load(light + 10 + channel)
    ambient = (below + (above - below) * up) * openness
    seen = base * (strength * lambert + ambient) + strength * shine + mirrored
    return seen + (tl.load(light + 18 + channel) - seen) * haze


@triton.jit(
    do_not_specialize=[
        "n_solids", "n_lumps", "n_waves", "n_bodies", "n_views", "height", "width",
    ]
)  # fmt: skip
def picture_kernel(
    solids, quadrics, lumps, shapes, waves, n_solids, n_lumps, n_waves, materials, n_bodies, light,
    cameras, n_views, height, width, light_out, depth_out, rows: tl.constexpr, cols: tl.constexpr,
):  # fmt: skip
    """Light and depth of all pixels; the grid is (tiles, views of all scenes).

    Pixels of a tile, `rows` by `cols`, meet about the same bodies.
    """
    view = tl.program_id(1)
    scene = view // n_views
    across = (width + cols - 1) // cols
    lane = tl.arange(0, rows * cols)
    row = tl.program_id(0) // across * rows + lane // cols
    column = tl.program_id(0) % across * cols + lane % cols
    on = (row < height) & (column < width)
    row, column = tl.minimum(row, height - 1), tl.minimum(column, width - 1)
    pixel = row * width + column
    solids += scene * n_solids * 12
    quadrics += scene * n_solids * 5
    lumps += scene * n_lumps * 12
    shapes += scene * n_lumps * 5
    waves += scene * n_waves * 4
    materials += scene * n_bodies * 17
    light += scene * 24
    c = cameras + view * 16
    column, row = column.to(tl.float32) + 0.5, row.to(tl.float32) + 0.5
    fx, fy, cx, cy = tl.load(c + 12), tl.load(c + 13), tl.load(c + 14), tl.load(c + 15)
    ox, oy, oz = (
        tl.load(c + 9) + column * 0.0, tl.load(c + 10) + column * 0.0,
        tl.load(c + 11) + column * 0.0,
    )  # fmt: skip
    dx, dy, dz = _direction(c, (column / width - cx) / fx, (row / height - cy) / fy)
    some_solids, some_lumps = _seen(
        solids, lumps, n_solids, n_lumps, ox, oy, oz, dx, dy, dz,
        tl.maximum(1.0 / (fx * width), 1.0 / (fy * height)),
    )  # fmt: skip
    distance, _ = nearest(
        solids, quadrics, lumps, shapes, waves, n_solids, n_lumps, n_waves,
        some_solids, some_lumps, ox, oy, oz, dx, dy, dz,
    )  # fmt: skip
    depth = tl.where(distance < 5e7, distance, 0.0)
    red, green, blue = column * 0.0, column * 0.0, column * 0.0
    for sample in range(2):
        shift = tl.where(sample == 0, -0.25, 0.25)
        dx, dy, dz = _direction(
            c, ((column + shift) / width - cx) / fx, ((row + shift) / height - cy) / fy
        )
        r, g, b = _colour(
            solids, quadrics, lumps, shapes, waves, n_solids, n_lumps, n_waves,
            some_solids, some_lumps, materials, light, ox, oy, oz, dx, dy, dz, 1.0 / (fx * width),
        )  # fmt: skip
        red += 0.5 * r
        green += 0.5 * g
        blue += 0.5 * b
    area = height * width
    base = view.to(tl.int64) * area
    tl.store(light_out + base * 3 + pixel, red, on)
    tl.store(light_out + base * 3 + area + pixel, green, on)
    tl.store(light_out + base * 3 + 2 * area + pixel, blue, on)
    tl.store(depth_out + base + pixel, depth, on)


@triton.jit
def _direction(camera, x, y):
    """In the world, of a place in the camera's frame at the distance 1."""
    dx = tl.load(camera) * x + tl.load(camera + 1) * y + tl.load(camera + 2)
    dy = tl.load(camera + 3) * x + tl.load(camera + 4) * y + tl.load(camera + 5)
    dz = tl.load(camera + 6) * x + tl.load(camera + 7) * y + tl.load(camera + 8)
    return dx, dy, dz
