"""Weight reading: features, gates and edges out of weights, without running the network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from polyseme.bench.claims import Claims, Edges, Readings
from polyseme.bench.method import Budget, Method
from polyseme.bench.methods.co_firing import edges_of, pairs_of_sites
from polyseme.bench.methods.dictionary_learning import find_atoms
from polyseme.bench.methods.feature_claims import Floats, Found, above, outputs_of
from polyseme.bench.methods.pursuit import unit_rows
from polyseme.bench.methods.replaced import at_site
from polyseme.bench.methods.streaming import Numbers, sites_of
from polyseme.bench.sampler import Sampler
from polyseme.common.extras import import_torch
from polyseme.common.random_streams import Stream, stream
from polyseme.networks import sites

if TYPE_CHECKING:
    from polyseme.networks.exporting.torch_modules import HookedNetwork


def fit(network, sampler, budget):
    asked = sites_of(network, budget)
    for site in asked:
        if site == sites.EMBED:
            numbers = Numbers(network, sampler, budget, site)
            f = find_atoms(
                numbers, budget.readings[site], stream(budget.seed, Stream.BENCH_METHODS, 0)
            )
            x = numbers.gathered(2000)
            c = f.code(x)
            amp = np.array([np.median(v[v > v.max() / 2]) if v.max() > 0 else 0 for v in c.T])
            codes = f.directions * amp[:, None]
            print("amp", np.percentile(amp, [0, 5, 50, 95, 100]))
            R0 = Readings(site, f.directions, above(f.code, amp / 2))
        elif site != sites.READOUT:
            torch = import_torch("bench")
            w = budget and at_site(network, torch.zeros(1, sampler.dimensions), site).shape[1]

            def lin(M, frm, to):
                z = np.concatenate([M, np.zeros_like(M[:1])])
                with torch.no_grad():
                    y = at_site(
                        network,
                        torch.zeros(len(z), sampler.dimensions),
                        to,
                        replaced=frm,
                        numbers=torch.from_numpy(z),
                    ).numpy()
                return y[:-1] - y[-1:]

            read = lin(np.eye(w, dtype=np.float32), site, sites.READOUT).T  # outputs x units
            W = lin(
                np.eye(sampler.dimensions, dtype=np.float32), sites.EMBED, "layers.0.hook_pre"
            ).T
            norms = np.linalg.norm(W, axis=1)
            for k, d in dict(read=read, rn=read * norms, rn2=read * norms**2).items():
                D = unit_rows(d)
                globals().setdefault("T", {})[k] = D

            # responses
            def resp(X):
                return lin(X.astype(np.float32), sites.EMBED, site) @ read.T

            V = W @ codes.T  # units x inputs
            virt = read @ V  # gates x inputs
            single = resp(codes)
            N = len(codes)
            a, b = np.triu_indices(N, 1)
            I = np.concatenate(
                [
                    resp(codes[a[i : i + 5000]] + codes[b[i : i + 5000]])
                    - single[a[i : i + 5000]]
                    - single[b[i : i + 5000]]
                    for i in range(0, len(a), 5000)
                ]
            )
            E = {}
            best = np.zeros((len(read), N))
            for g in range(len(read)):
                m = np.full((N, N), -9e9)
                m[a, b] = I[:, g]
                m[b, a] = I[:, g]
                best[g] = m.max(1)
            E["virt"] = virt / virt.max(1, keepdims=True)
            E["inter"] = best / best.max(1, keepdims=True)
            E["sum"] = E["virt"] + E["inter"]
            E["prod"] = np.maximum(E["virt"], 0) * E["inter"]
            globals()["EE"] = E
            R1 = Readings(site, T["rn2"], above(lambda x, D=T["rn2"]: x @ D.T, 1))
    return Claims((R0, R1))


METHOD = Method("weight-reading", fit, family="weights")
