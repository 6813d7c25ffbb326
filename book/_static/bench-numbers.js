// The bench's numbers: systems, the three procedures, routes, gaps, verdicts, films, spectra.
// What helpers do in Python is done here once more, from the tables, draws and presets that the build
// wrote down from helpers (book/_ext/bench.py); tests/site/test_bench.py holds the two together.
// A flow has velocity, slope (for Newton), lift (a tangent carried along); a map has stepAll and lift.
"use strict";

const benchNumbers = (told) => {
  class Refusal extends Error {}
  const refuse = (text) => { throw new Refusal(text); };
  // A number as Python writes it in a message.
  const written = (v) => (Number.isInteger(v) ? v.toFixed(1) : `${v}`);
  const tiny = (v) => v.toExponential(1).replace(/e([+-])(\d)$/, "e$10$2");
  const range = (n) => Array.from({ length: n }, (_, i) => i);
  const zeros = (n, m) => range(n).map(() => new Array(m).fill(0));
  const unit = (n) => range(n).map((i) => range(n).map((j) => (i === j ? 1 : 0)));
  const dot = (a, b) => { let s = 0; for (let i = 0; i < b.length; i++) s += a[i] * b[i]; return s; };
  const times = (A, v) => A.map((row) => dot(row, v));
  const transposed = (A, m) => range(m).map((j) => A.map((row) => row[j]));
  const product = (A, B, m) => { const T = transposed(B, m); return A.map((row) => T.map((c) => dot(row, c))); };
  const largest = (list) => list.reduce((most, v) => (Number.isNaN(v) || Number.isNaN(most) ? NaN : Math.max(most, Math.abs(v))), 0);

  // Solve M Z = B, B a matrix; null where a pivot is exactly zero.
  function solve(matrix, right) {
    const n = matrix.length;
    const M = matrix.map((row, i) => [...row, ...right[i]]);
    const width = n + (right[0]?.length ?? 0);
    for (let c = 0; c < n; c++) {
      let p = c;
      for (let r = c + 1; r < n; r++) if (Math.abs(M[r][c]) > Math.abs(M[p][c])) p = r;
      if (M[p][c] === 0) return null;
      [M[c], M[p]] = [M[p], M[c]];
      for (let r = c + 1; r < n; r++) {
        const f = M[r][c] / M[c][c];
        if (f !== 0) for (let j = c; j < width; j++) M[r][j] -= f * M[c][j];
      }
    }
    for (let c = n - 1; c >= 0; c--) {
      for (let j = n; j < width; j++) {
        let s = M[c][j];
        for (let k = c + 1; k < n; k++) s -= M[c][k] * M[k][j];
        M[c][j] = s / M[c][c];
      }
    }
    return M.map((row) => row.slice(n));
  }

  // exp(M) by scaling, a Taylor sum of nonnegative length, and squaring.
  function exponential(M) {
    const n = M.length;
    const norm = Math.max(...M.map((row) => row.reduce((s, v) => s + Math.abs(v), 0)));
    if (!Number.isFinite(norm) || norm > 1e4) refuse("the exponential of this system overflows; take a smaller step");
    const halvings = Math.max(0, Math.ceil(Math.log2(norm / 0.25)) || 0);
    const small = M.map((row) => row.map((v) => v / 2 ** halvings));
    let sum = unit(n);
    for (let k = 16; k > 0; k--) sum = product(small, sum, n).map((row, i) => row.map((v, j) => v / k + (i === j ? 1 : 0)));
    for (let k = 0; k < halvings; k++) sum = product(sum, sum, n);
    return sum;
  }

  // Eigenvalues [re, im] of a real matrix: balanced, then shifted QR on complex Hessenberg form.
  function eigenvalues(matrix) {
    const n = matrix.length;
    if (!matrix.flat().every(Number.isFinite)) refuse("the Jacobian is not finite here");
    const A = balanced(matrix.map((row) => [...row]));
    for (let c = 0; c < n - 2; c++) {
      let p = c + 1;
      for (let r = c + 2; r < n; r++) if (Math.abs(A[r][c]) > Math.abs(A[p][c])) p = r;
      if (A[p][c] === 0) continue;
      [A[p], A[c + 1]] = [A[c + 1], A[p]];
      A.forEach((row) => { [row[p], row[c + 1]] = [row[c + 1], row[p]]; });
      for (let r = c + 2; r < n; r++) {
        const f = A[r][c] / A[c + 1][c];
        A[r] = A[r].map((v, j) => v - f * A[c + 1][j]);
        A.forEach((row) => { row[c + 1] += f * row[r]; });
        A[r][c] = 0;
      }
    }
    return shiftedQR(A.map((row) => row.map((v) => [v, 0])));
  }

  function balanced(A) {
    const n = A.length;
    for (let again = true, k = 0; again && k < 50; k++) {
      again = false;
      for (let i = 0; i < n; i++) {
        const column = range(n).reduce((s, j) => s + (j === i ? 0 : Math.abs(A[j][i])), 0);
        const row = range(n).reduce((s, j) => s + (j === i ? 0 : Math.abs(A[i][j])), 0);
        if (!column || !row) continue;
        const f = 2 ** Math.round(Math.log2(row / column) / 2);
        if (column * f + row / f >= 0.95 * (column + row)) continue;
        again = true;
        for (let j = 0; j < n; j++) { A[i][j] /= f; }
        for (let j = 0; j < n; j++) { A[j][i] *= f; }
      }
    }
    return A;
  }

  const mul = (a, b) => [a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]];
  const add = (a, b) => [a[0] + b[0], a[1] + b[1]];
  const sub = (a, b) => [a[0] - b[0], a[1] - b[1]];
  const conj = (a) => [a[0], -a[1]];
  const size = (a) => Math.hypot(a[0], a[1]);
  const over = (a, b) => {
    const s = Math.abs(b[0]) + Math.abs(b[1]);
    const [x, y] = [b[0] / s, b[1] / s];
    const d = (x * x + y * y) * s;
    return [(a[0] * x + a[1] * y) / d, (a[1] * x - a[0] * y) / d];
  };
  const root = (a) => {
    const r = size(a);
    if (r === 0) return [0, 0];
    const s = Math.sqrt((r + Math.abs(a[0])) / 2);
    return a[0] >= 0 ? [s, a[1] / (2 * s)] : [Math.abs(a[1]) / (2 * s), a[1] < 0 ? -s : s];
  };

  function shiftedQR(H) {
    const found = [];
    let n = H.length;
    let tries = 0;
    const norm = Math.max(...H.flat().map(size), 1e-300);
    while (n > 0) {
      let low = n - 1;
      while (low > 0) {
        const near = size(H[low][low]) + size(H[low - 1][low - 1]) || norm;
        if (size(H[low][low - 1]) <= 1.1e-16 * near) { H[low][low - 1] = [0, 0]; break; }
        low--;
      }
      if (low === n - 1) { found.unshift(H[n - 1][n - 1]); n--; tries = 0; continue; }
      const [a, b, c, d] = [H[n - 2][n - 2], H[n - 2][n - 1], H[n - 1][n - 2], H[n - 1][n - 1]];
      const half = [(a[0] - d[0]) / 2, (a[1] - d[1]) / 2];
      const bc = mul(b, c);
      const r = root(add(mul(half, half), bc));
      if (low === n - 2) { // two rows are left: the roots of their quadratic, with nothing cancelled
        const s = half[0] * r[0] + half[1] * r[1] >= 0 ? add(half, r) : sub(half, r);
        found.unshift(add(d, s), size(s) === 0 ? d : sub(d, over(bc, s)));
        n -= 2; tries = 0; continue;
      }
      const s = half[0] * r[0] + half[1] * r[1] >= 0 ? add(half, r) : sub(half, r);
      const shift = ++tries % 11 === 10 ? add(d, [size(c), 0.3 * size(c)]) : size(s) === 0 ? d : sub(d, over(bc, s));
      if (tries > 300) refuse("the eigenvalues were not found");
      sweep(H, low, n, shift);
    }
    return found;
  }

  function sweep(H, low, n, shift) {
    for (let i = low; i < n; i++) H[i][i] = sub(H[i][i], shift);
    const turns = [];
    for (let k = low; k < n - 1; k++) {
      const [a, b] = [H[k][k], H[k + 1][k]];
      const r = Math.hypot(size(a), size(b));
      const [c, s] = r === 0 ? [[1, 0], [0, 0]] : [[a[0] / r, a[1] / r], [b[0] / r, b[1] / r]];
      turns.push([c, s]);
      for (let j = k; j < n; j++) {
        const [p, q] = [H[k][j], H[k + 1][j]];
        H[k][j] = add(mul(conj(c), p), mul(conj(s), q));
        H[k + 1][j] = sub(mul(c, q), mul(s, p));
      }
    }
    turns.forEach(([c, s], i) => {
      const k = low + i;
      for (let j = low; j < Math.min(k + 2, n); j++) {
        const [p, q] = [H[j][k], H[j][k + 1]];
        H[j][k] = add(mul(p, c), mul(q, s));
        H[j][k + 1] = sub(mul(q, conj(c)), mul(p, conj(s)));
      }
    });
    for (let i = low; i < n; i++) H[i][i] = add(H[i][i], shift);
  }

  // -- Activations: the formulas; names and corners come from helpers -----------------------------

  const logistic = (p) => 0.5 + 0.5 * Math.tanh(0.5 * p);
  function erf(p) {
    if (Math.abs(p) > 6) return Math.sign(p);
    let term = p;
    let sum = p;
    for (let k = 1; Math.abs(term) > 1e-18 * Math.abs(sum); k++) sum += term *= (2 * p * p) / (2 * k + 1);
    return (2 / Math.sqrt(Math.PI)) * Math.exp(-p * p) * sum;
  }
  const FORMULAS = {
    tanh: [Math.tanh, (p) => 1 - Math.tanh(p) ** 2],
    identity: [(p) => p, () => 1],
    relu: [(p) => (p > 0 ? p : 0), (p) => (p > 0 ? 1 : 0)],
    hard_tanh: [(p) => (Math.abs(p) < 1 ? p : Math.sign(p)), (p) => (Math.abs(p) < 1 ? 1 : 0)],
    softsign: [(p) => p / (1 + Math.abs(p)), (p) => (1 + Math.abs(p)) ** -2],
    erf: [erf, (p) => (2 / Math.sqrt(Math.PI)) * Math.exp(-p * p)],
    arctan: [Math.atan, (p) => 1 / (1 + p * p)],
    logistic: [logistic, (p) => logistic(p) * logistic(-p)],
    softplus: [(p) => Math.max(p, 0) + Math.log1p(Math.exp(-Math.abs(p))), logistic],
    retanh: [(p) => Math.tanh(p > 0 ? p : 0), (p) => (p > 0 ? 1 - Math.tanh(p) ** 2 : 0)],
  };
  const ACTIVATIONS = told.activations.filter(({ name }) => FORMULAS[name]).map(({ name }) => name);
  const KINKS = Object.fromEntries(told.activations.map(({ name, kinks }) => [name, kinks]));

  function smooth(name, phi, moved) {
    for (const kink of KINKS[name]) {
      if (phi.some((p, i) => p === kink && (!moved || moved[i].some((v) => v !== 0)))) {
        refuse(`${name} has no slope at phi = ${written(kink)}, where a unit sits; move the point off the kink or take a smooth activation`);
      }
    }
  }

  // -- Systems ------------------------------------------------------------------------------------

  function network(net) {
    const { w, omega, b, decay, rate, activation, form } = net;
    const [sigma, slopeOf] = FORMULAS[activation] ?? refuse(`no formula for ${activation}`);
    const n = w.length;
    const m = omega[0].length;
    const activity = form !== "activation";
    const drive = (i, x) => b[i] + (m ? dot(omega[i], x) : 0);
    const phiOf = (h, x) => (activity ? range(n).map((i) => dot(w[i], h) + drive(i, x)) : h);
    function velocity(h, x) {
      const out = new Array(n);
      if (activity) {
        for (let i = 0; i < n; i++) out[i] = rate[i] * (sigma(dot(w[i], h) + drive(i, x)) - decay[i] * h[i]);
      } else {
        const active = h.map(sigma);
        for (let i = 0; i < n; i++) out[i] = rate[i] * (dot(w[i], active) + drive(i, x) - decay[i] * h[i]);
      }
      return out;
    }
    function slope(h, x) {
      const s = phiOf(h, x).map(slopeOf);
      return range(n).map((i) => range(n).map((j) => rate[i] * w[i][j] * s[activity ? i : j] - (i === j ? rate[i] * decay[i] : 0)));
    }
    // The tangents dH (n rows, one column a direction) and dX, carried through F.
    function lift(h, x, dH, dX) {
      const phi = phiOf(h, x);
      const p = dH[0].length;
      const into = m ? product(omega, dX, p) : zeros(n, p);
      const inside = activity ? product(w, dH, p).map((row, i) => row.map((v, k) => v + into[i][k])) : dH;
      smooth(activation, phi, inside);
      const bent = inside.map((row, i) => { const s = slopeOf(phi[i]); return row.map((v) => s * v); });
      const heard = activity ? bent : product(w, bent, p).map((row, i) => row.map((v, k) => v + into[i][k]));
      return heard.map((row, i) => row.map((v, k) => rate[i] * (v - decay[i] * dH[i][k])));
    }
    function inputJacobian(h, x) {
      const phi = phiOf(h, x);
      if (activity) smooth(activation, phi);
      return omega.map((row, i) => row.map((v) => rate[i] * (activity ? slopeOf(phi[i]) : 1) * v));
    }
    const jacobian = (h, x) => { smooth(activation, phiOf(h, x)); return slope(h, x); };
    return {
      kind: "flow", name: activity ? "RNN" : "ActivationRNN", n, m, net, velocity, slope, lift, jacobian, inputJacobian,
      split: rate.map((r, i) => -r * decay[i]),
    };
  }

  function linearSystem(A, B, c, split) {
    const n = A.length;
    const m = B[0].length;
    return {
      kind: "flow", name: "LinearSystem", n, m, A, B, c, split,
      velocity: (h, x) => range(n).map((i) => dot(A[i], h) + (m ? dot(B[i], x) : 0) + c[i]),
      slope: () => A, jacobian: () => A, inputJacobian: () => B,
      lift: (h, x, dH, dX) => {
        const p = dH[0].length;
        const into = m ? product(B, dX, p) : zeros(n, p);
        return product(A, dH, p).map((row, i) => row.map((v, k) => v + into[i][k]));
      },
    };
  }

  function linearMap(A, B, c, delta) {
    const m = B[0].length;
    const step = (h, x) => A.map((row, i) => dot(row, h) + (m ? dot(B[i], x) : 0) + c[i]);
    return { kind: "map", name: "LinearMap", n: A.length, m, A, B, c, delta, stepAll: (H, X) => H.map((h, k) => step(h, X[k])), jacobian: () => A, inputJacobian: () => B };
  }

  // -- Schemes: from helpers' own tables -----------------------------------------------------------

  const SCHEMES = Object.fromEntries(told.schemes.map((s) => [s.name, s]));

  function discretised(flow, name, size, delta = size) {
    const scheme = SCHEMES[name] ?? refuse(`unknown method '${name}'`);
    if (scheme.kind === "zoh" && flow.name !== "LinearSystem") {
      refuse(`zoh solves linear flows only, and this one is ${flow.name}; linearise it first, or choose another method`);
    }
    const made = { tableau: scheme.explicit ? explicitStep : implicitStep, exponential: exponentialEuler, zoh: held }[scheme.kind];
    const map = { kind: "map", name: "DiscretisedMap", n: flow.n, m: flow.m, flow, scheme, size, delta, ...made(flow, scheme, size) };
    const both = (h, x) => map.lift(h, x, range(flow.n).map((i) => unit(flow.n + flow.m)[i]), range(flow.m).map((i) => unit(flow.n + flow.m)[flow.n + i]));
    map.jacobian = (h, x) => both(h, x).map((row) => row.slice(0, flow.n));
    map.inputJacobian = (h, x) => both(h, x).map((row) => row.slice(flow.n));
    return map;
  }

  function explicitStep(flow, { a, b }, size) {
    const sum = (h, weights, k) => h.map((v, i) => { let s = 0; for (let j = 0; j < k.length; j++) if (weights[j]) s += size * weights[j] * k[j][i]; return v + s; });
    const sums = (dH, weights, K) => dH.map((row, i) => row.map((v, c) => { let s = 0; for (let j = 0; j < K.length; j++) if (weights[j]) s += size * weights[j] * K[j][i][c]; return v + s; }));
    const step = (h, x) => { const k = []; for (const row of a) k.push(flow.velocity(sum(h, row, k), x)); return sum(h, b, k); };
    function lift(h, x, dH, dX) {
      const k = [];
      const K = [];
      for (const row of a) {
        const at = sum(h, row, k);
        K.push(flow.lift(at, x, sums(dH, row, K), dX));
        k.push(flow.velocity(at, x));
      }
      return sums(dH, b, K);
    }
    return { stepAll: (H, X) => H.map((h, i) => step(h, X[i])), lift };
  }

  function implicitStep(flow, { a, b }, size) {
    const s = a.length;
    const { n } = flow;
    const places = (h, k) => a.map((row) => h.map((v, i) => { let t = 0; for (let j = 0; j < s; j++) t += row[j] * k[j][i]; return v + t; }));
    const system = (points, x) => {
      const slopes = points.map((p) => flow.slope(p, x).map((row) => row.map((v) => size * v)));
      return range(s * n).map((r) => range(s * n).map((c) => {
        const [i, p, j, q] = [Math.floor(r / n), r % n, Math.floor(c / n), c % n];
        return (i === j && p === q ? 1 : 0) - a[i][j] * slopes[i][p][q];
      }));
    };
    const singular = () => refuse(`delta = ${written(size)} makes the stage equations singular, so that they have no solution or more than one; take a smaller delta`);
    // All states at once, since helpers judge when to stop by the largest of them.
    function stages(H, X) {
      const k = H.map(() => zeros(s, n));
      let last = Infinity;
      for (let round = 0; round < 60; round++) {
        let [moved, reach] = [0, 0];
        H.forEach((h, e) => {
          const points = places(h, k[e]);
          const defect = points.flatMap((p, i) => flow.velocity(p, X[e]).map((v, q) => [k[e][i][q] - size * v]));
          const update = solve(system(points, X[e]), defect) ?? singular();
          update.forEach(([u], r) => { k[e][Math.floor(r / n)][r % n] -= u; });
          moved = Math.max(moved, largest(update.map(([u]) => u)));
          reach = Math.max(reach, largest(points.flat()), largest(k[e].flat()));
        });
        const relative = moved / Math.max(reach, 1e-290);
        if (relative <= 1e-15 || (relative >= last && last <= 1e-11)) return k;
        last = relative;
      }
      return refuse(`Newton's method did not solve the stages for delta = ${written(size)} in 60 iterations (last relative update ${tiny(last)}, ${n} units); take a smaller delta`);
    }
    const ends = (h, k) => h.map((v, i) => { let t = 0; for (let j = 0; j < s; j++) t += b[j] * k[j][i]; return v + t; });
    const stepAll = (H, X) => { const k = stages(H, X); return H.map((h, e) => ends(h, k[e])); };
    function lift(h, x, dH, dX) {
      flow.lift(h, x, dH, dX); // refuses on a corner at the start, where the search begins
      const [k] = stages([h], [x]);
      const points = places(h, k);
      const right = points.flatMap((p) => flow.lift(p, x, dH, dX).map((row) => row.map((v) => size * v)));
      const K = solve(system(points, x), right) ?? singular();
      return dH.map((row, i) => row.map((v, c) => { let t = 0; for (let j = 0; j < s; j++) t += b[j] * K[j * n + i][c]; return v + t; }));
    }
    return { stepAll, lift };
  }

  function exponentialEuler(flow, _, size) {
    const weight = flow.split.map((d) => size * (d === 0 ? 1 : Math.expm1(size * d) / (size * d)));
    return {
      stepAll: (H, X) => H.map((h, e) => flow.velocity(h, X[e]).map((v, i) => h[i] + weight[i] * v)),
      lift: (h, x, dH, dX) => flow.lift(h, x, dH, dX).map((row, i) => row.map((v, c) => dH[i][c] + weight[i] * v)),
    };
  }

  function held(flow, _, size) {
    const n = flow.n;
    const block = zeros(2 * n, 2 * n);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) block[i][j] = size * flow.A[i][j];
      block[i][n + i] = size;
    }
    const E = exponential(block).slice(0, n);
    const [P, I] = [E.map((row) => row.slice(0, n)), E.map((row) => row.slice(n))];
    const drive = (x) => flow.c.map((c, i) => c + (flow.m ? dot(flow.B[i], x) : 0));
    return {
      stepAll: (H, X) => H.map((h, e) => { const d = drive(X[e]); return P.map((row, i) => dot(row, h) + dot(I[i], d)); }),
      lift: (h, x, dH, dX) => {
        const p = dH[0].length;
        const into = flow.m ? product(I, product(flow.B, dX, p), p) : zeros(n, p);
        return product(P, dH, p).map((row, i) => row.map((v, c) => v + into[i][c]));
      },
    };
  }

  // -- Procedures ---------------------------------------------------------------------------------

  function rescale(system, tau) {
    if (system.kind === "map") return { ...system, delta: system.delta / tau };
    if (system.net) return network({ ...system.net, rate: system.net.rate.map((r) => tau * r) });
    const by = (M) => M.map((row) => row.map((v) => tau * v));
    return linearSystem(by(system.A), by(system.B), system.c.map((v) => tau * v), system.split.map((v) => tau * v));
  }

  function discretise(system, delta, method) {
    if (system.kind === "map") refuse(`this ${system.name} is a map already; only a flow can be discretised`);
    return discretised(system, method, delta);
  }

  // about is null for the substitution, else the point { h, x } of a Taylor expansion.
  function linearise(system, about) {
    if (system.A) return system;
    if (!about) return system.kind === "flow" ? substituted(system) : readOff(system);
    const { h, x } = about;
    const A = system.jacobian(h, x);
    const B = system.inputJacobian(h, x);
    const value = system.kind === "flow" ? system.velocity(h, x) : system.stepAll([h], [x])[0];
    const c = value.map((v, i) => v - dot(A[i], h) - (system.m ? dot(B[i], x) : 0));
    return system.kind === "flow" ? linearSystem(A, B, c, system.split) : linearMap(A, B, c, system.delta);
  }

  function substituted({ net, split }) {
    const { w, omega, b, rate } = net;
    const A = w.map((row, i) => row.map((v, j) => rate[i] * v + (i === j ? split[i] : 0)));
    return linearSystem(A, omega.map((row, i) => row.map((v) => rate[i] * v)), b.map((v, i) => rate[i] * v), split);
  }

  function readOff(map) {
    const plain = map.flow.net ? discretised(network({ ...map.flow.net, activation: "identity" }), map.scheme.name, map.size, map.delta) : map;
    const { n, m } = map;
    const [zero, still] = [new Array(n).fill(0), new Array(m).fill(0)];
    const [c] = plain.stepAll([zero], [still]);
    const less = (rows) => rows.map((row) => row.map((v, i) => v - c[i]));
    const A = transposed(less(plain.stepAll(unit(n), unit(n).map(() => still))), n);
    const B = m ? transposed(less(plain.stepAll(unit(m).map(() => zero), unit(m))), n) : zeros(n, 0);
    return linearMap(A, B, c, map.delta);
  }

  // letters in the order they are applied; the step is on the clock it is cut on unless `aligned` is off.
  function route(flow, letters, { tau, delta, method, about, aligned = true }) {
    let system = flow;
    let speed = 1;
    for (const letter of letters) {
      if (letter === "R") { system = rescale(system, tau); speed *= tau; }
      if (letter === "D") system = discretise(system, aligned ? delta / speed : delta, method);
      if (letter === "L") system = linearise(system, about);
    }
    return system;
  }

  // -- The gap and the verdict --------------------------------------------------------------------

  const draws = new Float64Array(Uint8Array.from(atob(told.draws), (c) => c.charCodeAt(0)).buffer);

  function drawn(n, m) {
    const rows = (from, width) => range(told.count).map((k) => Array.from(draws.slice(from + k * width, from + (k + 1) * width)));
    return [rows(0, n), rows(told.count * n, m)];
  }

  function gap(one, other) {
    if (one.kind !== other.kind) {
      refuse(`gap compares two flows or two maps, got ${one.name} and ${other.name}; discretise the flow first`);
    }
    const [H, X] = drawn(one.n, one.m);
    const moves = (s) => (s.kind === "flow" ? H.map((h, k) => s.velocity(h, X[k])) : s.stepAll(H, X).map((row, k) => row.map((v, i) => v - H[k][i]))).flat();
    const [a, b] = [moves(one), moves(other)];
    const [scale, apart] = [largest(a), largest(a.map((v, i) => v - b[i]))];
    const relative = scale === 0 ? (apart === 0 ? 0 : Infinity) : apart / scale;
    return one.kind === "flow" ? relative : Math.max(relative, Math.abs(one.delta - other.delta) / one.delta);
  }

  const EXACT = 1e-10;
  const FLOOR = 1e-12;

  function fitted(steps, gaps) {
    const kept = range(steps.length).filter((k) => gaps[k] > FLOOR);
    if (kept.length < 4) return null;
    const [x, y] = [kept.map((k) => Math.log(steps[k])), kept.map((k) => Math.log(gaps[k]))];
    const mean = (list) => list.reduce((s, v) => s + v, 0) / list.length;
    const [mx, my] = [mean(x), mean(y)];
    const slope = dot(x.map((v) => v - mx), y.map((v) => v - my)) / dot(x.map((v) => v - mx), x.map((v) => v - mx));
    return { slope, constant: Math.exp(my - slope * mx), used: kept.length };
  }

  // The book's words, and two more where it would say none: "too near rounding", "not settled".
  function verdict(steps, gaps) {
    if (!gaps.every(Number.isFinite)) refuse("the gaps overflow; take smaller weights or a smaller step");
    if (gaps.every((g) => g <= EXACT)) return { word: "exact", slope: null };
    const fit = fitted(steps, gaps);
    if (!fit) return { word: "too near rounding", slope: null };
    const order = Math.round(fit.slope);
    if (order >= 1 && Math.abs(fit.slope - order) <= 0.2) return { word: `order ${order}`, ...fit };
    const local = range(gaps.length - 1).filter((k) => gaps[k + 1] > FLOOR).map((k) => Math.log2(gaps[k] / gaps[k + 1]));
    const drifts = Math.max(...local.slice(-3)) - Math.min(...local.slice(-3)) > 0.1;
    return { word: drifts ? "not settled" : "fails", ...fit };
  }

  // Nine steps, small enough for a slope whatever the film's step is.
  function ladder(net, { tau, delta, aligned = true }) {
    const stiff = Math.max(...net.w.map((row, i) => net.rate[i] * (net.decay[i] + row.reduce((s, v) => s + Math.abs(v), 0))));
    const first = Math.min(delta, 0.2 / stiff / (aligned ? 1 : Math.max(1, tau)));
    return range(9).map((k) => first / 2 ** k);
  }

  function gaps(flow, first, other, how) {
    const steps = ladder(flow.net, how);
    return { steps, gaps: steps.map((delta) => gap(route(flow, first, { ...how, delta }), route(flow, other, { ...how, delta }))) };
  }

  // -- Rest, spectra, the largest stable step ------------------------------------------------------

  // Newton's method, shortened where the speed would not fall; null where it does not end in rest.
  function restFrom(flow, x, start) {
    let h = [...start];
    let now = flow.velocity(h, x);
    for (let round = 0; round < 200; round++) {
      const J = flow.slope(h, x);
      const move = solve(J, now.map((v) => [v]));
      if (!move) break;
      let share = Math.min(1, 1 / largest(move.map(([v]) => v)));
      let moved = null;
      for (; share > 1e-12; share /= 2) {
        const at = h.map((v, i) => v - share * move[i][0]);
        const speed = flow.velocity(at, x);
        if (largest(speed) < largest(now)) { moved = [at, speed]; break; }
      }
      if (!moved) break;
      [h, now] = moved;
    }
    const scale = Math.max(...flow.slope(h, x).map((row) => row.reduce((s, v) => s + Math.abs(v), 0)));
    return largest(now) <= 1e-11 * scale * Math.max(1, largest(h)) ? h : null;
  }

  // The states of rest found from zero, from the start, and from drawn states, the nearest to zero first.
  function rests(flow, x, start) {
    const [H] = drawn(flow.n, flow.m);
    const from = [new Array(flow.n).fill(0), start, ...H.slice(0, 24), ...H.slice(0, 8).map((h) => h.map((v) => 0.2 * v))];
    const found = [];
    for (const guess of from) {
      const h = restFrom(flow, x, guess);
      if (h && !found.some((f) => largest(f.map((v, i) => v - h[i])) < 1e-7 * (1 + largest(h)))) found.push(h);
    }
    return found;
  }

  const horner = (p, z) => p.reduceRight((s, c) => add(mul(s, z), [c, 0]), [0, 0]);

  // R(z), from the polynomials that helpers gave; null where the method has none.
  function stability(method) {
    const { top, bottom, kind } = SCHEMES[method];
    if (kind === "zoh") return ([a, b]) => [Math.exp(a) * Math.cos(b), Math.exp(a) * Math.sin(b)];
    return top ? (z) => over(horner(top, z), horner(bottom, z)) : null;
  }

  // The step up to which |R(delta mu)| < 1 for all eigenvalues of a flow that is at rest and stable.
  function largestStep(mu, method) {
    const R = stability(method);
    if (!R || mu.some(([re]) => re >= 0)) return null;
    const stable = (delta) => mu.every(([a, b]) => size(R([delta * a, delta * b])) < 1);
    const scale = Math.max(...mu.map(size));
    let [low, high] = [1e-3 / scale, 1e-3 / scale];
    while (high * scale < 1e5 && stable(high)) { low = high; high *= 1.02; }
    if (stable(high)) return Infinity;
    for (let k = 0; k < 60; k++) { const middle = (low + high) / 2; if (stable(middle)) low = middle; else high = middle; }
    return low;
  }

  // -- Films ---------------------------------------------------------------------------------------

  // The input as a function of the network's own time.
  function input(kind, value, m) {
    if (kind === "pulse") return (t) => (t >= value.from - 1e-9 && t < value.to - 1e-9 ? value.size : new Array(m).fill(0));
    if (kind === "sine") return (t) => value.size.map((v) => v * Math.sin(value.frequency * t));
    if (kind === "samples") return (t) => value.rows[Math.min(value.rows.length - 1, Math.floor(t / value.every + 1e-9))];
    return () => value.size;
  }

  // `rows` of input, one held over each step; a flow is run through by 32 Runge-Kutta steps between two rows.
  function film(system, start, rows, spacing) {
    const states = [start];
    const fine = system.kind === "flow" ? discretised(system, "rk4", spacing / 32) : system;
    const times = system.kind === "flow" ? 32 : 1;
    for (const x of rows) {
      let h = states.at(-1);
      for (let k = 0; k < times; k++) [h] = fine.stepAll([h], [x]);
      if (!h.every((v) => Number.isFinite(v) && Math.abs(v) < 1e12)) break;
      states.push(h);
    }
    return states;
  }

  return {
    Refusal, ACTIVATIONS, SCHEMES, network, route, gap, gaps, ladder, verdict, rescale, discretise, linearise, restFrom, rests,
    eigenvalues, exponential, stability, largestStep, input, film, largest, range, size, times,
  };
};
