// Run a network file of polyseme in a browser: docs/format.md, "What it computes", step by step.
// Weights are whole numbers and sums are made in float64, so decisions are those of every other tool.

const ARRAYS = {
  I8: Int8Array, U8: Uint8Array, I16: Int16Array, I32: Int32Array, I64: BigInt64Array,
  F32: Float32Array,
};

/** Return what a safetensors file holds: `about` (polyseme's metadata) and `tensors` by name. */
export function parse(buffer) {
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  const about = JSON.parse(header.__metadata__.polyseme);
  delete header.__metadata__;
  const tensors = {};
  for (const [name, { dtype, shape, data_offsets: [begin, end] }] of Object.entries(header)) {
    // Tensors need not begin at a multiple of their numbers' size, as typed arrays must.
    const bytes = buffer.slice(8 + length + begin, 8 + length + end);
    const array = new ARRAYS[dtype](bytes);
    tensors[name] = { shape, data: dtype === "I64" ? Float64Array.from(array, Number) : array };
  }
  return { about, tensors };
}

/** Return the names of features or outputs, which are counted or listed. */
export function names({ about, tensors }, what) {
  const { prefix, count } = about[what];
  if (prefix !== undefined) return Array.from({ length: count }, (_, i) => prefix + i);
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(tensors[`names.${what}`].data).split("\n");
}

/** A network that runs: `run(features)` for numbers of features, with every value on the way. */
export class Network {
  constructor(buffer) {
    const file = parse(buffer);
    if (file.about.format !== "polyseme-network" || file.about.version !== 5) {
      throw new Error("not a network file of version 5");
    }
    this.about = file.about;
    this.features = names(file, "features");
    this.outputs = names(file, "outputs");
    const of = (name) => file.tensors[name]?.data;
    this.positions = of("encoder.positions");
    this.signs = of("encoder.signs");
    this.weight = file.tensors["encoder.positions"].shape[1];
    this.layers = this.about.scales.map((scale, number) => ({
      scale,
      cap: this.about.caps[number] || Infinity,
      squared: this.about.squared[number],
      weights: of(`layers.${number}.weights`),
      offsets: of(`layers.${number}.offsets`),
      columns: of(`layers.${number}.columns`),
      values: of(`layers.${number}.values`),
      bias: of(`layers.${number}.bias`),
      carried: of(`layers.${number}.carried`) ?? [],
    }));
    this.readout = {
      offsets: of("readout.offsets"), neurons: of("readout.neurons"),
      weights: of("readout.weights"), thresholds: of("readout.thresholds"),
    };
  }

  /** Return the vector that the first layer reads when these features are on. */
  encode(features) {
    const x = new Float64Array(this.about.dimensions);
    for (const feature of new Set(features)) {
      for (let k = feature * this.weight; k < (feature + 1) * this.weight; k += 1) {
        x[this.positions[k]] += this.signs[k];
      }
    }
    return x;
  }

  /** Return the encoded vector, sums and values of every layer, readings, and outputs that are on. */
  run(features) {
    const encoded = this.encode(features);
    const layers = [];
    let x = encoded;
    for (const layer of this.layers) {
      const sums = layerSums(layer, x);
      const values = new Float64Array(sums.length + layer.carried.length);
      for (let unit = 0; unit < sums.length; unit += 1) {
        const sum = sums[unit];
        values[unit] = (layer.squared ? sum * sum : Math.min(Math.max(sum, 0), layer.cap)) * layer.scale;
      }
      for (let k = 0; k < layer.carried.length; k += 1) values[sums.length + k] = x[layer.carried[k]];
      layers.push({ sums, values });
      x = values;
    }
    return { encoded, layers, ...read(this.readout, x) };
  }
}

/** Return W x + b. Zeros of x are passed over: most inputs switch few features on. */
function layerSums({ weights, offsets, columns, values, bias }, x) {
  const sums = Float64Array.from(bias);
  if (weights) {
    const on = [];
    for (let column = 0; column < x.length; column += 1) if (x[column] !== 0) on.push(column);
    for (let unit = 0, row = 0; unit < sums.length; unit += 1, row += x.length) {
      let sum = 0;
      for (let k = 0; k < on.length; k += 1) sum += weights[row + on[k]] * x[on[k]];
      sums[unit] += sum;
    }
  } else {
    for (let unit = 0; unit < sums.length; unit += 1) {
      for (let e = offsets[unit]; e < offsets[unit + 1]; e += 1) sums[unit] += values[e] * x[columns[e]];
    }
  }
  return sums;
}

/** Return the reading of every output, and the numbers of those that reach their thresholds. */
function read({ offsets, neurons, weights, thresholds }, x) {
  const readings = new Float64Array(thresholds.length);
  const on = [];
  for (let output = 0; output < readings.length; output += 1) {
    for (let e = offsets[output]; e < offsets[output + 1]; e += 1) {
      readings[output] += weights[e] * x[neurons[e]];
    }
    if (readings[output] >= thresholds[output]) on.push(output);
  }
  return { readings, on };
}
