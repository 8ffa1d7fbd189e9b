// The counting bounds of src/polyseme/limits, in JavaScript; a test holds them equal to Python's.

/** Return log2 of the factorial of m. */
export function log2Factorial(m) {
  if (m < 2) return 0;
  if (m < 256) { let sum = 0; for (let i = 2; i <= m; i += 1) sum += Math.log2(i); return sum; }
  // Stirling's series: the first term left out is below 1e-12 here.
  return (m * Math.log(m) - m + 0.5 * Math.log(2 * Math.PI * m) + 1 / (12 * m) - 1 / (360 * m ** 3)) / Math.LN2;
}

/** Return log2 of the number of sets of k out of n: the series of `log2_binomial`, which loses no digits. */
export function log2Sets(n, k) {
  if (k <= 0) return 0;
  const share = k / n;
  if (share >= 0.5) return log2Factorial(n) - log2Factorial(k) - log2Factorial(n - k);
  const rest = Math.log1p(-share);
  const falling = k * (Math.log(n) - 1 - (1 - share) * (rest / share)) - rest / 2 + (1 / n - 1 / (n - k)) / 12;
  return falling / Math.LN2 - log2Factorial(k);
}

/** Return the bits that tell a set of m pairs of m features, the order of outputs ignored. */
export function bitsOfPairs(m) {
  return m < 3 ? 0 : log2Sets((m * (m - 1)) / 2, m);
}

/** Return the largest whole number of which the bits, rising, fit. */
export function largest(bitsOf, held) {
  let high = 2;
  while (bitsOf(high) <= held && high < 1e15) high *= 2;
  let low = high / 2;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (bitsOf(middle) <= held) low = middle; else high = middle;
  }
  return low;
}
