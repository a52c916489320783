"""The operations that random programs are made of: expressions with slots, some with a condition on what fills them.

A slot is filled by what its name says: `a`, `b`, `c` any array of reals, `p` a positive one, `u` one in (-1, 1), `n` one
away from 0, `g` one above 1, `d` one without ties, `w` one away from halves and whole numbers, `v` a row, `M` a matrix,
`Q` square matrices, `T` an array of three axes or more, `z`, `y` complex arrays, `s` one number. Literals are `r` (a
number), `k` (a small whole number), `t` (a number that `a` does not come near), `ax` (an axis of the array before),
`axs` (an axis, several, or None), `kd` (True or False), `sl` (a slice), `i` (an index).
"""

from __future__ import annotations

#: A condition that smooth programs hold, so that no slope jumps nearby: of these two, no entries come near each other.
APART = "np.min(np.abs({a} - {b}), initial=1) > 0.03"
#: Matrices that can be inverted: those of `Q`, made diagonally dominant; positive ones; symmetric ones.
DOMINANT = "({Q} + 9 * np.eye({Q}.shape[-1]))"
POSITIVE = "({Q} @ np.swapaxes({Q}, -1, -2) + np.eye({Q}.shape[-1]))"
SYMMETRIC = "({Q} + np.swapaxes({Q}, -1, -2))"
GAPS = f"np.min(np.diff(np.linalg.eigvalsh({SYMMETRIC})), initial=1) > 0.2"
SPREAD = "np.min(-np.diff(np.linalg.svd({M})[1]), initial=1) > 0.2 and np.min(np.linalg.svd({M})[1]) > 0.2"

TIELESS = "np.min(np.diff(np.sort({M}, axis=None)), initial=1) > 0.02"
#: Two matrices in a stack, beside one that is stretched over them; complex ones, of which both parts move.
STACKED = f"np.stack([{DOMINANT}, {DOMINANT} * 1.3])"
TURNED = "({Q} * (1 + 0.5j) + 9 * np.eye({Q}.shape[-1]))"
#: Two bounds that move otherwise, the first below the second; no entry of `a` comes near either.
LOW, HIGH = "0.5 * {b} - 0.9", "0.2 * {b} ** 2 + 0.3"
BETWEEN = " and ".join(f"np.min(np.abs({{a}} - ({bound})), initial=1) > 0.03" for bound in (LOW, HIGH))

Table = dict[str, list[str | tuple[str, str]]]

ENTRIES: Table = {
    "one by one": [
        *(f"np.{name}({{a}})" for name in ["sin", "cos", "tanh", "arctan", "arcsinh", "sinh", "cosh", "exp", "expm1", "exp2", "square", "sinc", "deg2rad", "degrees", "rad2deg", "radians", "negative", "positive", "nan_to_num", "real", "conjugate", "conj", "atan", "asinh", "real_if_close", "copy", "asarray"]),
        *(f"np.{name}({{p}})" for name in ["sqrt", "log", "log2", "log10", "log1p", "cbrt", "reciprocal"]),
        *(f"np.{name}({{u}})" for name in ["arcsin", "arccos", "arctanh", "tan", "asin", "acos", "atanh"]),
        *(f"np.{name}({{n}})" for name in ["abs", "absolute", "fabs", "sign", "cbrt", "reciprocal"]),
        *(f"np.{name}({{w}})" for name in ["floor", "ceil", "rint", "trunc", "fix", "around", "round"]),
        "np.arccosh({g})", "np.acosh({g})", "np.modf({w})[0]", "np.round({w} * 0.1 + 0.03, 1)", "np.signbit({n}) * {b}",
        "-{a}", "+{a}", "abs({n})", "{a} ** 2", "{a} ** 3", "{n} ** -1", "{p} ** 0.5", "{p} ** -1.5", "2.5 ** {a}",
        "{a} ** 0", "1 / {n}", "{r} - {a}", "{r} * {a}", "{a} / {r}", "{a} + {k}", "{k} - {a}", "{a} % 50.0",
        "np.heaviside({n}, 0.5) * {n}", "np.copysign({n}, -1.0)", "np.isfinite({a}) * {a}", "np.sinc({n})",
        "np.astype({a}, float)", "np.astype({a}, np.float32)", "{a}.astype(np.float32)", "{a}.conj()", "np.angle({n})",
        "{a} * ({a} > {t})", "{a} * ~({a} > {t})", "np.array({a})", "np.asarray({a}) * 2", "np.array([{a}, {a}])",
        "np.ones_like({a}) * {s}", "np.zeros_like({a}) + {s}", "np.full_like({a}, 0.7) * {a}", "np.vectorize(lambda q: q * q + 1)({v})",
    ],
    "two by two": [
        *(f"np.{name}({{a}}, {{b}})" for name in ["add", "subtract", "multiply", "logaddexp", "logaddexp2"]),
        *(f"np.{name}({{a}}, {{n}})" for name in ["divide", "true_divide", "hypot", "arctan2", "atan2"]),
        *((f"np.{name}({{a}}, {{b}})", APART) for name in ["maximum", "minimum", "fmax", "fmin"]),
        "{a} + {b}", "{a} - {b}", "{a} * {b}", "{a} / {n}", "{a} * {a}", "{p} ** {b}", "np.power({p}, {b})", "np.pow({p}, {b})",
        "np.float_power({p}, {b})", "np.copysign({n}, {n2})", "{a} * np.tanh({a}) + np.sin({b}) * np.tanh({a})",
        ("{a} % {p}", "np.min(np.abs(({a} / {p} + 0.5) % 1 - 0.5), initial=1) > 0.03"),
        ("np.mod({a}, {p})", "np.min(np.abs(({a} / {p} + 0.5) % 1 - 0.5), initial=1) > 0.03"),
        ("np.remainder({a}, {n})", "np.min(np.abs(({a} / {n} + 0.5) % 1 - 0.5), initial=1) > 0.03"),
        ("np.fmod({a}, {p})", "np.min(np.abs(({a} / {p} + 0.5) % 1 - 0.5), initial=1) > 0.03"),
        ("np.divmod({a}, {p})[1]", "np.min(np.abs(({a} / {p} + 0.5) % 1 - 0.5), initial=1) > 0.03"),
        ("{a} // {p} * {b}", "np.min(np.abs(({a} / {p} + 0.5) % 1 - 0.5), initial=1) > 0.03"),
        ("np.where({a} > {b}, {a}, {b} * 2)", APART), ("({a} <= {b}) * {a} + ({a} != {b}) * {b}", APART),
        "np.where({a} > {t}, np.sin({a}), {b})", "np.where({a} > {t}, {r}, {b})", "np.where({a} < {t}, {b}, {c})",
        "np.select([{a} > {t}, {a} > {t} - 1.0], [{b}, {a} * 2], 0.5)", "np.select([{a} < {t}], [{b} * {a}])",
        "np.choose(({a} > {t}).astype(int), [{a}, {b}])", "np.clip({a}, {t}, None)", "np.clip({a}, None, {t})",
        "np.clip({a}, {t}, {t} + 0.001)", ("np.clip({a}, {b}, {b} + 0.5)", APART + " and np.min(np.abs({a} - {b} - 0.5), initial=1) > 0.03"),
        (f"np.clip({{a}}, {LOW}, {HIGH})", BETWEEN), (f"{{a}}.clip({LOW}, {HIGH})", BETWEEN),
        "np.piecewise({a}, [{a} > {t}], [np.sin, lambda q: q * 0.5])", "{a}.clip({t}, 9.0)", "np.maximum({a}, {t})", "np.minimum({t}, {a})",
        "np.add({a}, {b}, dtype=np.float64)", "np.multiply.outer({v}, {v2})", "np.subtract.outer({v}, {a})", "np.fmax({a}, {t})",
        "np.broadcast_arrays({a}, {b})[0]", "np.broadcast_arrays({a}, {b})[1]", "scaled({a}, {b})", "unrolled({a}, {k})", "drawn({v}, {s})",
        ("np.sin({a}) if {s} > {t} else np.cos({a})", "abs({s} - {t}) > 0.03"), "np.multiply({a}, {b}) + np.multiply({a}, {b}) ** 2",
    ],
}  # fmt: skip

TOTALS: Table = {
    "totals": [
        *(f"np.{name}({{a}}, axis={{axs}}, keepdims={{kd}})" for name in ["sum", "mean", "prod", "nansum", "nanmean", "nanprod"]),
        *(f"np.{name}({{d}}, axis={{axs}}, keepdims={{kd}})" for name in ["max", "min", "amax", "amin", "ptp", "nanmax", "nanmin", "median"]),
        *((f"np.{name}({{a}}, axis={{axs}}, keepdims={{kd}})", f"np.min(np.{name}({{a}}, axis={{axs}})) > 0.1") for name in
          ["std", "var", "nanstd", "nanvar"]),
        ("np.std({a}, axis={ax}, ddof=1)", "np.min(np.std({a}, axis={ax})) > 0.1"), "np.var({a}, ddof=1, axis={ax})",
        *((f"np.{name}({{M}}, axis={{ax}}, keepdims={{kd}})", TIELESS) for name in ["max", "min", "ptp", "median", "median", "nanmedian"]),
        *((f"np.{name}({{M}}, axis={{ax}}, ddof={{kd}})", f"np.min(np.{name}({{M}}, axis={{ax}}, ddof={{kd}})) > 0.1") for name in
          ["std", "var", "nanstd"]),
        *(f"np.{name}({{a}}, axis={{axs}}, keepdims={{kd}}, where={{a}} > {{t}}, initial={{r}})" for name in ("sum", "prod")),
        "np.mean({a}, axis={axs}, where={a} < {t})", "np.max({d}, axis={axs}, where={d} > {t}, initial=-9.0)", "np.min({d}, initial=-0.015)",
        "np.sum({a}, {axs})", "{a}.sum({axs})", "{a}.mean(axis={axs}, keepdims={kd})", "{d}.max({ax})", "{d}.min(axis={axs})", "{a}.prod()",
        "np.take({M}, 1, axis={ax}) * 1.5",
        ("{a}.std({axs})", "np.min(np.std({a}, axis={axs})) > 0.1"), "{a}.var()", "np.sum({a}, dtype=np.float64)", "sum({v})",
        "np.average({a}, axis={axs})", "np.average({a}, axis={axs}, weights=np.exp({a}))", "np.average({a}, weights={p})",
        "np.cumsum({a}, axis={ax})", "np.cumsum({a})", "np.cumprod({a}, axis={ax})", "np.cumprod({a})", "{a}.cumsum({ax})", "np.nancumsum({a})",
        "np.nancumprod({a}, axis={ax})", "np.cumulative_sum({M}, axis={ax}, include_initial={kd})", "np.cumulative_prod({v}, axis=0)",
        "np.add.reduce({a}, axis={ax})", "np.multiply.reduce({a}, axis={ax})", "np.maximum.reduce({d}, axis={ax})", "np.minimum.reduce({d})",
        "np.add.accumulate({a}, axis={ax})", "np.multiply.accumulate({a})", "np.maximum.accumulate({d})", "np.minimum.accumulate({d}, axis={ax})",
        "np.add.reduceat({v}, [0, 1])", "np.linalg.norm({n})", "np.linalg.norm({n}, axis={ax})", "np.linalg.norm({n}, axis={ax}, keepdims={kd})",
        "np.linalg.norm({n}, 1, axis={ax})", "np.linalg.norm({n}, 3, {ax})", "np.linalg.vector_norm({n}, axis={ax}, ord=1)",
        "np.linalg.vector_norm({n}, keepdims={kd})", "np.linalg.matrix_norm({n})", "np.trapezoid({a}, axis={ax})", "np.trapezoid({a}, dx=0.3)",
        "np.trapezoid({v}, np.cumsum(np.exp({v})))", "np.trapezoid({v}, {v2})", "np.count_nonzero({a} > {t}) * {s}", "np.any({a} > {t}) * {s}",
        "np.argmax({d}) * {s}", "np.apply_along_axis(lambda q: np.cumsum(q * q), {ax}, {a})", "np.apply_along_axis(np.sum, {ax}, {a})",
        "np.apply_over_axes(np.sum, {a}, [0])", "np.nansum(np.where({a} > {t}, {a}, np.nan), axis={axs})", "np.size({a}) * {s}",
    ],
    "orders": [
        "np.sort({d}, axis={ax})", "np.sort({d}, axis=None)", "np.partition({d}, {k}, axis={ax})", "{d}[np.argsort({d}, axis=0)]",
        "np.take_along_axis({a}, np.argsort({d}, axis={ax}), axis={ax})", "np.unique({d})", "np.unique_values({d})", "np.median({d})",
        "np.percentile({d}, 30.0, axis={ax})", "np.percentile({d}, [10, 60.0], axis={ax})", "np.quantile({d}, 0.4)", "np.quantile({d}, [0.2, 0.7])",
        "np.quantile({d}, 0.55, axis={ax}, keepdims={kd})", "np.extract({a} > {t}, {a})", "{a}[{a} > {t}]", "np.compress([True, False], {a}, axis={ax})",
        "np.searchsorted([-1.0, 0.05, 1.0], {t}) * {a}", "np.digitize({a}, [{t}]) * {b}", "np.trim_zeros({v})", "{a}[np.nonzero({a} > {t})]",
        "np.where({a} > {t})[0] * {s}", "{d}[np.argpartition({d}, {k}, axis=None) % len({d})]", "{a}[np.argwhere({a} > {t})[:, 0]]",
    ],
}  # fmt: skip

MOVES: Table = {
    "views": [
        "{a}[{sl}]", "{a}[{sl}]", "{a}[..., {sl}]", "{a}[0]", "{a}[-1]", "{a}[..., 0]", "{a}[None]", "{M}[:, {sl}]", "{M}[{sl}, {sl2}]", "{a}.T",
        "{M}.T", "{a}.reshape(-1)", "{a}.ravel()", "np.ravel({a})", "np.reshape({a}, (-1,))", "{a}.reshape((1,) + {a}.shape)", "np.transpose({a})",
        "np.swapaxes({a}, 0, -1)", "{a}.swapaxes(0, -1)", "np.moveaxis({a}, 0, -1)", "np.expand_dims({a}, {ax})", "np.squeeze({a})", "{a}.squeeze()",
        "np.flip({a}, {ax})", "np.flip({a})", "np.flipud({a})", "np.fliplr({a})", "np.rot90({a})", "np.rot90({a}, 2)", "np.rollaxis({a}, -1)",
        "np.split({a}, [1])[1]", "np.split({a}, [1], axis=-1)[0]", "np.array_split({a}, 2)[0]", "np.array_split({a}, 2, axis={ax})[1]",
        "np.hsplit({a}, [1])[1]", "np.vsplit({a}, [1])[0]", "np.dsplit({a}, [1])[0]", "np.matrix_transpose({a})", "np.atleast_1d({a})",
        "np.atleast_2d({a})", "np.atleast_3d({a})", "np.unstack({a})[0]", "np.permute_dims({a}, tuple(range(np.ndim({a})))[::-1])",
        "np.reshape({a}, {a}.shape[::-1])", "np.reshape({a}, -1, order='F')", "np.diagonal({M})", "np.broadcast_to({a}, (2,) + np.shape({a}))",
        "np.linalg.matrix_transpose({a})", "np.linalg.diagonal({a})", "{T}[:, 0]", "{T}[..., {sl}, 0]", "{T}.reshape({T}.shape[0], -1)", "np.diag({M})",
    ],
    "moves": [
        "{a}[[0, -1]]", "{a}[[0, 0, -1]]", "{a}[np.array([1, 0])]", "{M}[[0, 1], [1, 0]]", "{M}[np.array([[0], [1]]), [0, 1]]", "{M}[:, [1, 0]]",
        "{a}.copy()", "{a}.flatten()", "{a}.flatten()", "np.take({M}, 0, axis={ax})", "np.take({a}, [0, 1, 0])", "np.take({a}, [0, -1], axis={ax})", "np.take({a}, 1)", "{a}.take([0], {ax})",
        "np.take({a}, [5, -7], mode='wrap')", "np.take({a}, [5, -7], mode='clip', axis={ax})", "np.roll({a}, {k})", "np.roll({a}, {k}, axis={ax})",
        "np.roll({M}, (1, 2), axis=(0, 1))", "np.tile({a}, 2)", "np.tile({a}, (2, 1))", "np.repeat({a}, 2)", "np.repeat({a}, 2, axis={ax})",
        "{a}.repeat(3)", "np.triu({a})", "np.tril({a}, -1)", "np.triu({a}, 1)", "np.diag({v})", "np.diag({v}, 1)", "np.diagflat({a})", "np.diagonal({a}, 1)",
        "np.trace({a})", "{a}.trace()", "np.linalg.trace({a})", "{M}[np.tril_indices_from({M})]", "{M}[np.triu_indices(2)]", "{M}[np.diag_indices_from({M})]",
        "{Q}[..., np.arange({Q}.shape[-1]), np.arange({Q}.shape[-1])]", "np.pad({a}, 1)", "np.pad({v}, (1, 2), mode='edge')",
        "np.pad({a}, 1, constant_values={r})", "np.pad({v}, (2, 1), mode='wrap')", "np.pad({v}, 1, mode='reflect')", "np.delete({a}, 0, axis={ax})",
        "np.delete({a}, [0, -1])", "np.insert({a}, 1, {r})", "np.insert({a}, 1, {s})", "np.insert({a}, 0, {r}, axis={ax})", "np.append({a}, {b})",
        "np.append({a}, {s})", "np.append({a}, {a}, axis={ax})", "np.resize({a}, (2, 3))", "np.fft.fftshift({a})", "np.fft.ifftshift({a}, axes={ax})",
        "np.take_along_axis({a}, np.zeros((1,) * np.ndim({a}), int), axis={ax})", "np.linalg.diagonal({a}, offset=1)", "{a}.diagonal()",
        "{M}[np.ix_([0, 1], [1, 0])]", "np.resize({a}, 3)",
    ],
    "joins": [
        "np.stack([{a}, {a} * 2], axis={ax})", "np.stack([{a}, np.sin({a})])", "np.concatenate([{a}, {a}], axis={ax})", "np.concatenate([{a}, {b}])",
        "np.concatenate(({a}, {b}), axis=None)", "np.hstack([{a}, {b}])", "np.vstack([{a}, {b}])", "np.dstack([{a}, {b}])", "np.column_stack([{a}, {b}])",
        "np.block([[{M}, {M}], [{M}, {M} * 2]])", "np.block([{v}, {v2}])", "np.concat([{a}, {b}])", "np.array([{s}, {s2}, 1.5])", "np.r_[{v}, {s}, {v2}]",
        "np.c_[{v}, {v}]", "np.meshgrid({v}, {v2})[0] + np.meshgrid({v}, {v2})[1]", "np.meshgrid({v}, {v2}, indexing='ij')[1]",
        "np.array([[{s}, -{s2}], [{s2}, {s}]])", "np.stack([{s}, {s2}, 1.0])", "np.linspace({s}, {s2}, 4)", "np.linspace({a}, {b}, 3, axis=-1)",
        "np.logspace({s} * 0.1, {s2} * 0.1, 3)", "np.full(3, {s})", "np.full((2, 2), {s}) * {r}", "np.where({a} > {t}, {a}, np.zeros(np.shape({a})))",
        "np.linspace({s}, {r}, 3, endpoint=False)", "np.stack(np.broadcast_arrays({a}, {b}))", "np.array([q * q for q in {v}])", "np.max([{s}, 9.0])",
    ],
}  # fmt: skip

PRODUCTS: Table = {
    "products": [
        "{a} @ {b}", "np.matmul({a}, {b})", "np.dot({a}, {b})", "{a}.dot({b})", "np.inner({a}, {b})", "np.outer({a}, {b})", "np.vdot({v}, {v2})",
        "np.vecdot({a}, {b})", "np.kron({a}, {b})", "np.tensordot({a}, {b}, axes=1)", "np.tensordot({a}, {a}, axes=([0], [0]))", "np.tensordot({a}, {b}, 0)",
        "np.tensordot({a}, {a}, axes=[[0, 1], [0, 1]])", "np.cross({a}, {b})", "np.cross({a}, np.roll({a}, 1, axis=-1))", "np.matvec({Q}, {v})", "{M} @ {M}.T",
        "np.vecmat({v}, {Q})", "np.linalg.matmul({Q}, {a})", "np.linalg.outer({v}, {v2})", "np.linalg.vecdot({a}, {a})", "np.linalg.cross({a}, {a} ** 2)",
        "np.linalg.tensordot({a}, {b}, axes=1)", "np.linalg.multi_dot([{M}, {M}.T, {M}])", "{M} @ np.ones({M}.shape[-1])", "{v} @ {v}",
        "np.einsum('ij,kj->ik', {M}, {M})", "np.einsum('ii', {Q})", "np.einsum('ij->ji', {M})", "np.einsum('i,j->ij', {v}, {v2})", "np.einsum('...i,...i', {a}, {a})",
        "np.einsum('ij,jk,kl->il', {M}, {M}.T, {M})", "np.einsum('ii->i', {Q})", "np.einsum('ij->', {M})", "np.einsum('...ij->...ji', {Q})",
        "np.einsum('ij,ij->j', {M}, {M})", "np.einsum('i,i->', {v}, {v})", "np.einsum({M}, [0, 1], {M}, [0, 1])", "np.einsum('ij,j->i', {M}, {M}[0])",
        "np.matmul(np.stack([{M}, {M} * 0.5]), {M}.T)", "{M} @ np.stack([{M}.T, np.sin({M}.T)])", "{T} @ np.sin({T}[0].T)", "{v} @ np.stack([{Q}, {Q} * 2])",
        "np.kron({M}, {v})", "np.kron({v}, {M})", "np.kron({a}, {Q})", "np.matvec(np.stack([{Q}, {Q} * 2]), {v})", "np.vecdot(np.stack([{a}, {b}]), {b})",
        "np.einsum('...j,j->...', {a}, {v})", "np.einsum('i,i,i->i', {v}, {v}, {v})", "np.einsum('ijk->kij', {T})", "np.einsum('ijk,ijl->kl', {T}, {T})",
    ],
    "matrices": [
        f"np.linalg.solve({DOMINANT}, {{b}})", f"np.linalg.solve({DOMINANT}, {{Q}})", f"np.linalg.inv({DOMINANT})", f"np.linalg.det({DOMINANT}) / 500.0",
        f"np.linalg.solve({STACKED}, {{Q}})", f"np.linalg.solve({DOMINANT}, np.stack([{{Q}}, {{Q}} * 2]))", f"np.linalg.solve({STACKED}, {{v}})",
        f"np.linalg.slogdet({DOMINANT})[1]", f"np.linalg.cholesky({POSITIVE})", f"np.linalg.pinv({DOMINANT})", "np.linalg.matrix_power({Q}, {k})",
        f"np.linalg.matrix_power({DOMINANT} / 5, -2)", (f"np.linalg.eigvalsh({SYMMETRIC})", GAPS), (f"np.linalg.eigh({SYMMETRIC})[0]", GAPS),
        (f"np.abs(np.linalg.eigh({SYMMETRIC})[1])", GAPS + f" and np.min(np.abs(np.linalg.eigh({SYMMETRIC})[1])) > 0.1"),
        ("np.linalg.svd({M}, compute_uv=False)", SPREAD), ("np.linalg.svdvals({M})", SPREAD), ("np.linalg.svd({M})[1]", SPREAD),
        ("np.linalg.svd({M}, full_matrices=False)[0] ** 2", SPREAD), ("np.linalg.norm({M}, 2)", SPREAD), ("np.linalg.norm({M}, 'nuc')", SPREAD),
        f"np.linalg.qr({DOMINANT})[1]", f"np.linalg.qr({DOMINANT})[0]", f"np.linalg.qr({DOMINANT}, mode='r')", "np.linalg.norm({n}, 'fro', axis=(0, 1))",
        ("np.linalg.norm({n}, 1)", "np.min(np.diff(np.sort(np.sum(np.abs({n}), axis=0))), initial=1) > 0.05"),
        ("np.linalg.norm({n}, np.inf)", "np.min(np.diff(np.sort(np.sum(np.abs({n}), axis=-1))), initial=1) > 0.05"),
        ("np.linalg.cond({M})", SPREAD), f"np.linalg.tensorsolve({DOMINANT}, {{v}})", f"np.linalg.tensorinv({DOMINANT}, ind=1)", "np.cov({M})", "np.cov({v})",
        f"np.linalg.lstsq({DOMINANT}, {{v}}, rcond=None)[0]", ("np.corrcoef({M})", "np.min(np.std({M}, axis=1)) > 0.1"), "np.cov({M}, rowvar=False, bias=True)",
        f"np.linalg.solve({POSITIVE}, {{v}})", f"np.linalg.inv({POSITIVE})", f"np.linalg.slogdet({POSITIVE})[1]", f"np.linalg.det({POSITIVE}) * 0.01",
    ],
    "neighbours": [
        "np.diff({a}, axis={ax})", "np.diff({a}, n=2, axis={ax})", "np.diff({a}, prepend={r})", "np.ediff1d({a})", "np.ediff1d({a}, to_end={r})",
        "np.gradient({a}, axis={ax})", "np.gradient({a}, 0.5, axis={ax})", "np.gradient({v}, np.cumsum(np.exp({v})))", "np.gradient({a}, edge_order=2, axis={ax})",
        "np.gradient({M})[1]", "np.convolve({v}, {v2})", "np.convolve({v}, {v2}, mode='same')", "np.convolve({v}, {v2}, mode='valid')", "np.correlate({v}, {v2})",
        "np.correlate({v}, {v2}, 'full')", "np.correlate({v}, {v2}, 'same')",
        ("np.interp({a}, [-2.0, 0.5, 1.5], [1.0, -1.0, 2.0])", "np.min(np.abs(np.subtract.outer({a}, [-2.0, 0.5, 1.5])), initial=1) > 0.03"),
        ("np.interp({a}, np.cumsum(np.exp({v})), {v})", "np.min(np.abs(np.subtract.outer({a}, np.cumsum(np.exp({v})))), initial=1) > 0.03"),
        "np.polyval({v}, {a})", "np.polyfit(np.cumsum(np.exp({v})), {v2}, 1)", "np.polyadd({v}, {v2})", "np.polysub({v}, {v2})", "np.polymul({v}, {v2})", "np.polyder({v})", "np.polyint({v})", "np.poly({v})",
        "np.vander({v}, 3)", "np.vander({v}, increasing=True)", "np.unwrap({a} * 0.5, axis={ax})", "np.bincount([0, 1, 0], weights={v}[:3])",
        "np.convolve({v}, [0.5, 1.0])", "np.correlate({v}, [1.0, -1.0, 0.5], 'same')", "np.polyval([1.0, -2.0, 0.5], {a})",
    ],
}  # fmt: skip

COMPLEX: Table = {
    "into complex": [
        "{a} + 1j * {b}", "np.exp(1j * {a})", "{a} * (1 + 2j)", "np.fft.fft({a}, axis={ax})", "np.fft.ifft({a})", "np.fft.rfft({a}, axis={ax})",
        "np.fft.fft2({a})", "np.fft.ifft2({a})", "np.fft.rfft2({a})", "np.fft.fftn({a})", "np.fft.ifftn({a}, axes=(0,))", "np.fft.rfftn({a})",
        "np.fft.fft({a}, {k} + 2)", "np.fft.fft({a}, norm='ortho', axis={ax})", "np.fft.rfft({a}, {k} + 2, norm='forward')", "{a}.astype(complex) * 1j",
        "np.sqrt({a} + 1.5j)", "np.array([{s} + 0j, 1j * {s2}])", "np.fft.fft2({a}, norm='ortho')",
    ],
    "complex": [
        "{z} * {y}", "{z} + {y}", "{z} - {a}", "{z} * {a}", "np.conj({z})", "{z}.conj()", "np.exp({z} * 0.2)", "np.sin({z} * 0.3)", "{z} ** 2", "{z} @ {y}",
        "np.fft.fft({z}, axis={ax})", "np.fft.ifft({z}, axis={ax})", "np.fft.ifftn({z})", "np.fft.fftshift({z})", "np.sum({z}, axis={axs})", "np.mean({z})",
         "np.cumsum({z})", "{z}[::-1]", "{z}.T", "np.concatenate([{z}, {y}])", "np.reshape({z}, -1)", "{z}.ravel()[1:]",
        "{a} / ({z} + 9)", "np.where({a} > {t}, {z}, {y})", "np.dot({z}, {y})", "np.outer({z}, {y})", "np.einsum('...i,...i', {z}, {y})",
        "np.linalg.solve({Q} + 9 * np.eye({Q}.shape[-1]) * 1j, {v})", f"np.linalg.solve({TURNED}, {{v}})", f"np.linalg.solve({TURNED}, {{z}})",
        f"np.linalg.solve({DOMINANT}, {{z}})", f"np.linalg.inv({TURNED})", f"np.linalg.det({TURNED}) / 500.0", f"np.linalg.slogdet({TURNED})[0]",
        "np.prod({z} * 0.5, axis={axs})", "np.vdot({z}, {y})", "np.vecdot({z}, {y})", "np.vecdot({a}, {z})", "np.cumprod({z} * 0.3, axis={ax})",
        ("np.sort({z})", "np.min(np.diff(np.sort(np.real({z}), axis=None)), initial=1) > 0.02"), "{z}[[0, -1]]", "{z}[{sl}]", "{z}.copy()", "np.where({a} > {t}, {z}, {a})", "np.linalg.inv({Q} * 1j + 9 * np.eye({Q}.shape[-1]))", "np.cumprod({z} * 0.2)",
        "np.tensordot({z}, {y}, axes=1)", "np.inner({z}, {y})", "np.kron({z}, {y})", "np.stack([{z}, {y}])", "np.roll({z}, 1)", "np.diff({z})", "np.pad({z}, 1)",
        "np.tile({z}, 2)", "np.take({z}, [0, 0])", "{z} / ({y} + 9)", "np.cosh({z} * 0.2)", "np.tanh({z} * 0.1)", "np.log({z} + 9)", "np.sqrt({z} + 9)",
        "np.fft.fft2({z})", "np.fft.ifft2({z})", "np.trace({z})", "np.fft.fft({z}, norm='forward')", "np.power({z} + 5, 0.5)",
    ],
    "back to real": [
        "np.real({z})", "np.imag({z})", "{z}.real", "{z}.imag", "np.real({z} * np.conj({z}))", "np.real(np.fft.ifft({z}))", "np.fft.irfft({z})",
        "np.fft.irfft({z}, axis={ax})", "np.fft.irfft({z}, {k} + 3)", "np.fft.irfft2({z})", "np.fft.irfftn({z})", "np.fft.irfft({z}, norm='ortho')",
        ("np.abs({z})", "np.min(np.abs({z}), initial=1) > 0.2"), ("np.angle({z})", "np.min(np.abs({z}), initial=1) > 0.2 and np.max(np.abs(np.angle({z})), initial=0) < 3"),
        ("np.linalg.norm({z})", "np.min(np.abs({z}), initial=1) > 0.2"), ("np.linalg.norm({z}, axis={ax})", "np.min(np.abs({z}), initial=1) > 0.2"),
        ("np.linalg.norm({z}, 1, axis={ax})", "np.min(np.abs({z}), initial=1) > 0.2"), "np.var({z})", "np.var({z}, axis={ax})",
        ("np.std({z}, axis={ax})", "np.min(np.std({z}, axis={ax})) > 0.1"), f"np.linalg.slogdet({TURNED})[1]",
        "np.abs({z} + 9)", "np.real(np.einsum('...i,...i', np.conj({z}), {z}))",
    ],
}  # fmt: skip

#: Statements that change the array `x`, and what it holds afterwards, as a function of what it held (and what must hold before): `put(x, i, v)` is x
#: with v at the index i, `last` where indices repeat.
WRITES: list[tuple[str, ...]] = [
    ("{x}[{i}] = {val}", "put({x}, np.index_exp[{i}], {val})"),
    ("{x}[{i}] = {val}", "put({x}, np.index_exp[{i}], {val})"),
    ("{x}[{i}] += {val}", "put({x}, np.index_exp[{i}], {x}[{i}] + {val})"),
    ("{x}[{i}] -= {val}", "put({x}, np.index_exp[{i}], {x}[{i}] - {val})"),
    ("{x}[{i}] *= {val}", "put({x}, np.index_exp[{i}], {x}[{i}] * {val})"),
    ("{x}[{i}] /= 1.7", "put({x}, np.index_exp[{i}], {x}[{i}] / 1.7)"),
    ("{x}[{i}] **= 2", "put({x}, np.index_exp[{i}], {x}[{i}] ** 2)"),
    ("{x} += {val}", "{x} + {val}"),
    ("{x} -= {val}", "{x} - {val}"),
    ("{x} *= {val}", "{x} * {val}"),
    ("{x} /= 1.3", "{x} / 1.3"),
    ("np.add({x}, {b}, out={x})", "{x} + {b}"),
    ("np.multiply({b}, 0.5, out={x})", "put({x}, np.index_exp[...], {b} * 0.5)"),
    ("np.sin({x}, out={x})", "np.sin({x})"),
    ("np.exp({b} * 0.1, out={x})", "put({x}, np.index_exp[...], np.exp({b} * 0.1))"),
    ("np.sum({T}, axis=0, out={x})", "put({x}, np.index_exp[...], np.sum({T}, axis=0))"),
    ("np.copyto({x}, {val})", "put({x}, np.index_exp[...], {val})"),
    ("np.copyto({x}, {val}, where={x} > 0.123)", "where({x} > 0.123, {val}, {x})"),
    ("np.add.at({x}, [0, 0, -1], {val})", "{x}.at[np.array([0, 0, -1])].add({val})"),
    ("np.multiply.at({x}, [0, -1], {r})", "{x}.at[np.array([0, -1])].mul({r})"),
    ("np.subtract.at({x}, [0, 0], {s})", "{x}.at[np.array([0, 0])].add(-({s}))"),
    ("np.put({x}, [0, 2], {s})", "put({x}.ravel(), np.index_exp[[0, 2]], {s}).reshape({x}.shape)"),
    ("np.place({x}, {x} > 0.123, [0.5])", "where({x} > 0.123, 0.5, {x})"),
    ("np.putmask({x}, {x} > 0.123, {x} * 0.5)", "where({x} > 0.123, {x} * 0.5, {x})"),
    ("np.fill_diagonal({x}, {s})", "where(np.eye(*{x}.shape, dtype=bool), {s}, {x})"),
    ("{x}.fill({s})", "put({x}, np.index_exp[...], {s})"),
    ("{x}.flat[1] = {s}", "put({x}.ravel(), np.index_exp[1], {s}).reshape({x}.shape)"),
    ("{x}.flat[:] = {r}", "put({x}, np.index_exp[...], {r})"),
    ("{x}.sort()", "np.sort({x})", "np.min(np.diff(np.sort({x}, axis=None)), initial=1) > 0.02"),
    ("{x}.T[0] = {val}", "put({x}.T, np.index_exp[0], {val}).T"),
    ("{x}.put([0, 1], {r})", "put({x}.ravel(), np.index_exp[[0, 1]], {r}).reshape({x}.shape)"),
    ("{x}[:2] = [{s}, {r}]", "put({x}, np.index_exp[:2], np.stack([{s}, {r}]))"),
    ("{x}[{i}], {x}[-1] = {x}[-1] * 1.0, {s}", "put(put({x}, np.index_exp[{i}], {x}[-1]), np.index_exp[-1], {s})"),
    ("np.put_along_axis({x}, np.zeros((1,) * {x}.ndim, int), {s}, axis=0)", "put({x}, (0,) * {x}.ndim, {s})"),
    ("filled({x}, {s})", "put({x}, np.index_exp[...], np.multiply(np.cumsum(np.ones({x}.shape), 0), {s}))"),
]  # fmt: skip

#: Buffers to write into.
BUFFERS = [
    "np.zeros(3)", "np.zeros((2, 3))", "np.ones(4)", "np.zeros_like({a})", "np.ones((3, 2))",
    "np.full((2, 2), 0.3)", "np.zeros((3, 2), order='F')", "np.ones_like({a})", "np.zeros((2, 1, 3))", "{a} * 1.0", "{a}.copy()", "np.arange(3.0)",
    "np.linspace(0.1, 0.9, 4)", "np.eye(3)", "np.zeros({a}.shape[::-1])", "np.array([0.3, -0.4])",
]  # fmt: skip

#: What the programs' own functions are: above the program, so that it may call them.
HELPERS = """
def scaled(u, w):
    h = np.tanh(u)
    return h * w + h * h


def unrolled(u, n):
    total = u
    for i in range(n):
        total = total * 0.5 + np.sin(u) * i
    return total


def drawn(row, s):
    out = np.zeros(len(row))
    for i in range(len(row)):
        out[i] = row[i] * s + (out[i - 1] if i else 0.0)
    return out


def filled(buffer, s):
    for i in range(len(buffer)):
        buffer[i] = (i + 1) * s


def weighed(part, k):
    size, shape = np.size(part), np.shape(part)
    return np.sum(part * np.cos(1.7 * np.arange(size) + k).reshape(shape))
"""

SMOOTH: Table = ENTRIES | TOTALS | MOVES | PRODUCTS | COMPLEX
#: How often a program takes an operation of each kind.
WEIGHTS = {
    "one by one": 3.0, "two by two": 3.0, "totals": 2.5, "orders": 1.0, "views": 2.5, "moves": 2.0, "joins": 1.2, "products": 1.6, "matrices": 1.5,
    "neighbours": 1.2, "into complex": 0.8, "complex": 3.0, "back to real": 1.0, "buffers": 1.0, "writes": 5.0,
}  # fmt: skip
