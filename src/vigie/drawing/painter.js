"use strict";
// Paints the two pictures that the page moves along with the view: the ground (boxes or dots) and the flow (the density
// of the edges, the same light as in the PNG). It runs in a worker that is made of this function's own source or, where
// there is none, on the page, so it may name nothing outside itself. `answer(message, moved)` takes what it has to say;
// `slice` is how many milliseconds it works before it looks for a newer wish, which ends the one in work.
function painter(answer, slice) {
  let levels = [], wanted = 0, room = { size: 0 };
  const channels = (colour) => [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));

  // What the edges of a level need each time: their length, their bounds, whether there is more than one type.
  function measured(level) {
    const { px, py, offset } = level, edges = offset.length - 1;
    const whole = new Float64Array(edges), bound = new Float32Array(4 * edges);
    for (let edge = 0; edge < edges; edge++) {
      const last = offset[edge + 1] - 1;
      let left = Infinity, top = Infinity, right = -Infinity, bottom = -Infinity;
      for (let i = offset[edge]; i <= last; i++) {
        if (i < last) whole[edge] += Math.hypot(px[i + 1] - px[i], py[i + 1] - py[i]);
        if (px[i] < left) left = px[i];
        if (px[i] > right) right = px[i];
        if (py[i] < top) top = py[i];
        if (py[i] > bottom) bottom = py[i];
      }
      bound.set([left, top, right, bottom], 4 * edge);
    }
    return { ...level, edges, whole, bound, several: new Set(level.type).size > 1 };
  }

  function sheet(image, w, h) {
    const canvas = new OffscreenCanvas(w, h), pen = canvas.getContext("2d");
    if (image) pen.putImageData(image, 0, 0);
    return [canvas, pen];
  }

  function ground({ job, level: index, k, ox, oy, w, h, theme, ratio }) {
    const level = levels[index], [canvas, pen] = sheet(null, w, h);
    if (level.boxed) boxes(level, pen, { k: k / ratio, x: ox / ratio, y: oy / ratio, width: w / ratio, height: h / ratio }, theme, ratio);
    else dots(level, pen, { k, ox, oy, w, h }, theme, ratio);
    const picture = canvas.transferToImageBitmap();
    answer({ what: "ground", job, picture }, [picture]);
  }
  function boxes(level, pen, { k, x: left, y: top, width, height }, theme, ratio) {
    pen.fillStyle = theme.ground; pen.fillRect(0, 0, width * ratio, height * ratio);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.lineWidth = 0.8; pen.strokeStyle = theme.ink;
    for (const v of level.order) {
      const x = level.box[4 * v] * k + left, y = level.box[4 * v + 1] * k + top, w = level.box[4 * v + 2] * k, h = level.box[4 * v + 3] * k;
      if (x > width || y > height || x + w < 0 || y + h < 0 || w < 0.6 || h < 0.6) continue;
      const severity = level.inner[v] ? 0 : level.severity[v], least = Math.min(w, h);
      pen.fillStyle = level.depth[v] ? theme.ink : theme.panel; pen.globalAlpha = level.depth[v] ? theme.box : 1;
      pen.fillRect(x, y, w, h);
      if (severity) {
        pen.globalAlpha = least < 16 ? 0.18 + 0.14 * severity : 0.05 + 0.04 * severity;
        pen.fillStyle = theme.severities[severity]; pen.fillRect(x, y, w, h);
      }
      if (least > 5) { pen.globalAlpha = theme.border; pen.strokeRect(x, y, w, h); }
    }
  }
  function dots(level, pen, { k, ox, oy, w, h }, theme, ratio) {
    pen.fillStyle = theme.ink; pen.globalAlpha = level.dim ? 0.4 : 0.85;
    for (let v = 0; v < level.size.length; v++) {
      const x = level.box[4 * v] * k + ox, y = level.box[4 * v + 1] * k + oy;
      if (!(x > -9 * ratio && y > -9 * ratio && x < w + 9 * ratio && y < h + 9 * ratio)) continue;
      pen.beginPath(); pen.arc(x, y, (1.3 + 3 * level.size[v]) * ratio, 0, 7); pen.fill();
    }
  }

  async function flow(wish) {
    const { job, level: index, w, h, theme } = wish, level = levels[index];
    if (room.size !== w * h) room = { size: w * h, cover: new Float32Array(w * h), flow: new Float32Array(w * h), tone: new Float32Array(w * h * 3) };
    else for (const name of ["cover", "flow", "tone"]) room[name].fill(0);
    const shades = level.several ? theme.types.map((type) => fan(type, theme.ground)) : null;
    let since = performance.now();
    for (let edge = 0; edge < level.edges; edge++) {
      gather(level, edge, wish, shades ? shades[level.type[edge] % shades.length] : null);
      if ((edge & 63) === 0 && performance.now() - since > slice) {
        await new Promise((resume) => setTimeout(resume, 0));
        if (job !== wanted) return;
        since = performance.now();
      }
    }
    const [canvas] = sheet(lit(wish, level.dim ? 0.22 : 1), w, h), picture = canvas.transferToImageBitmap();
    answer({ what: "flow", job, picture }, [picture]);
  }
  // The shades of a type's colour from source to target.
  function fan(colour, ground) {
    const own = channels(colour), under = channels(ground);
    return Array.from({ length: 33 }, (_, i) => own.map((c, a) => under[a] + (c - under[a]) * (0.5 + i / 64)));
  }
  function gather(level, edge, { k, ox, oy, w, h, theme }, shades) {
    const { px, py, bound } = level, { cover, flow, tone } = room, at = 4 * edge;
    if (bound[at + 2] * k + ox < 0 || bound[at + 3] * k + oy < 0 || bound[at] * k + ox > w || bound[at + 1] * k + oy > h) return;
    const whole = level.whole[edge], directed = level.directed[edge] && whole > 0, weight = level.weight[edge];
    let gone = 0;
    for (let i = level.offset[edge], last = level.offset[edge + 1] - 1; i < last; i++) {
      const x1 = px[i] * k + ox, y1 = py[i] * k + oy, x2 = px[i + 1] * k + ox, y2 = py[i + 1] * k + oy;
      const length = Math.hypot(x2 - x1, y2 - y1), course = directed ? Math.min((gone + length / k / 2) / whole, 1) : 0.5;
      gone += length / k;
      if ((x1 < 0 && x2 < 0) || (y1 < 0 && y2 < 0) || (x1 > w && x2 > w) || (y1 > h && y2 > h)) continue;
      const count = Math.min(Math.max(Math.ceil(length / 0.9), 1), 4 * (w + h)), share = length / count || 0.25, amount = share * weight;
      const colour = shades ? shades[Math.round(course * 32)] : theme.flow[Math.round(course * 255)], r = colour[0], g = colour[1], b = colour[2];
      const [from, to] = within(x1, x2, w, within(y1, y2, h, [0, 1]));
      for (let s = Math.max(0, Math.floor(from * count) - 2), end = Math.min(count, Math.ceil(to * count) + 2); s < end; s++) {
        const x = x1 + ((s + 0.5) / count) * (x2 - x1) - 0.5, y = y1 + ((s + 0.5) / count) * (y2 - y1) - 0.5;
        const cx = Math.floor(x), cy = Math.floor(y);
        if (cx < 0 || cy < 0 || cx >= w - 1 || cy >= h - 1) continue;
        const fx = x - cx, fy = y - cy;
        for (let corner = 0; corner < 4; corner++) {
          const part = (corner & 1 ? fx : 1 - fx) * (corner & 2 ? fy : 1 - fy), pixel = (cy + (corner >> 1)) * w + cx + (corner & 1), m = amount * part;
          cover[pixel] += share * part; flow[pixel] += m;
          tone[3 * pixel] += m * r; tone[3 * pixel + 1] += m * g; tone[3 * pixel + 2] += m * b;
        }
      }
    }
  }
  // The part of the way from `a` to `b`, within the part `span` of it, that lies between 0 and `size`.
  function within(a, b, size, span) {
    if (a >= 0 && b >= 0 && a <= size && b <= size) return span;
    const one = -a / (b - a), two = (size - a) / (b - a);
    return [Math.max(span[0], Math.min(one, two)), Math.min(span[1], Math.max(one, two))];
  }
  function lit({ w, h, theme }, dim) {
    const { cover, flow, tone } = room, [light, full] = equalise(cover, flow), gamma = 1.5 + 2 * full, image = new ImageData(w, h), data = image.data, glow = channels(theme.glow);
    for (let at = 0; at < w * h; at++) {
      if (!(cover[at] > 0)) continue;
      const bright = light(flow[at]), shine = Math.max(0, (bright - 0.82) / 0.18) ** 1.5 * 0.55;
      for (let c = 0; c < 3; c++) { const own = tone[3 * at + c] / flow[at]; data[4 * at + c] = own + (glow[c] - own) * shine; }
      data[4 * at + 3] = 255 * Math.min(1, cover[at] * 1.35) * (0.2 + 0.8 * bright ** gamma) * dim;
    }
    return image;
  }
  // Brightness by rank and logarithm of a density, and the share of the picture that edges cross: where that is all of
  // it, only the trunks may shine.
  function equalise(cover, flow) {
    let low = Infinity, high = -Infinity, total = 0;
    for (let i = 0; i < flow.length; i++) if (cover[i] > 0.3) { const value = Math.log(flow[i]); if (value < low) low = value; if (value > high) high = value; }
    if (!(high - low > 1e-6)) return [(value) => (value > 0 ? 0.5 : 0), 0];
    const bins = new Float64Array(513), step = 512 / (high - low);
    for (let i = 0; i < flow.length; i++) if (cover[i] > 0.3) { bins[1 + Math.min(511, Math.floor((Math.log(flow[i]) - low) * step))]++; total++; }
    for (let i = 1; i < 513; i++) bins[i] += bins[i - 1];
    const full = total / flow.length, ranked = 0.5 * (1 - 0.8 * full);
    const light = (value) => {
      const at = Math.min(Math.max((Math.log(value) - low) * step, 0), 512);
      return ranked * (bins[Math.ceil(at)] / total) + (1 - ranked) * (at / 512);
    };
    return [light, full];
  }

  return (wish) => {
    if (wish.levels) { levels = wish.levels.map(measured); return; }
    const failed = (error) => answer({ error: error.message });
    if (wish.what === "flow") { wanted = wish.job; flow(wish).catch(failed); return; }
    try { ground(wish); } catch (error) { failed(error); }
  };
}
