"use strict";
// The drawing in a browser: packed levels are read once; edges are gathered into a density, in slices, on a bitmap of
// their own; while the view moves, that bitmap is moved along, and it is drawn anew when the view rests.
(async () => {
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("data").textContent);
  const levels = await unpack($("levels").textContent);
  const stage = $("stage"), pen = stage.getContext("2d");
  const tip = $("tip"), find = $("find"), pick = $("level"), list = $("findings");
  const SHAPES = ["", "\u25cf", "\u25a0", "\u25b2", "\u25c6"];
  let themeName = data.theme, theme = data.themes[themeName], ratio = 1, width = 0, height = 0;
  let view = { scale: 1, x: 0, y: 0 }, home = view, chosen = -1, current = 0, hover = -1, held = null, timer = 0, job = 0;
  let bitmap = null, painted = null;

  async function unpack(text) {
    const zipped = Uint8Array.from(atob(text.trim()), (c) => c.charCodeAt(0));
    const stream = new Blob([zipped]).stream().pipeThrough(new DecompressionStream("gzip"));
    const buffer = await new Response(stream).arrayBuffer();
    const bytes = new DataView(buffer), length = bytes.getUint32(8, true);
    const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 12, length)));
    const sizes = { f4: [4, Float32Array], i4: [4, Int32Array], u2: [2, Uint16Array], i2: [2, Int16Array], u1: [1, Uint8Array] };
    let at = 12 + length;
    const take = (type, count) => {
      const [size, Form] = sizes[type], part = buffer.slice(at, at + size * count);
      at += size * count;
      return new Form(part);
    };
    return head.levels.map((level) => {
      const { vertices: n, edges: e, points: p, boxed } = level;
      const place = take("f4", n * (boxed ? 4 : 2));
      const one = {
        ...level, parent: take("i4", n), source: take("i4", e), target: take("i4", e), weight: take("f4", e),
        members: take("i4", e), lengths: take("u2", e), dx: take("i2", p), dy: take("i2", p), kind: take("u2", n),
        type: take("u2", e), severity: take("u1", n), directed: take("u1", e),
      };
      one.box = new Float64Array(n * 4);
      for (let v = 0; v < n; v++) {
        const from = v * (boxed ? 4 : 2);
        one.box[4 * v] = place[from] * head.unit + head.origin[0];
        one.box[4 * v + 1] = place[from + 1] * head.unit + head.origin[1];
        one.box[4 * v + 2] = boxed ? place[from + 2] * head.unit : 0;
        one.box[4 * v + 3] = boxed ? place[from + 3] * head.unit : 0;
      }
      one.px = new Float32Array(p); one.py = new Float32Array(p); one.offset = new Int32Array(e + 1);
      for (let edge = 0, i = 0; edge < e; edge++) {
        let x = 32768, y = 32768;
        for (let k = 0; k < one.lengths[edge]; k++, i++) {
          x += one.dx[i]; y += one.dy[i];
          one.px[i] = x * head.unit + head.origin[0]; one.py[i] = y * head.unit + head.origin[1];
        }
        one.offset[edge + 1] = i;
      }
      one.depth = new Uint8Array(n); one.inner = new Uint8Array(n);
      for (let v = 0; v < n; v++) {
        let above = one.parent[v];
        if (above >= 0) one.inner[above] = 1;
        while (above >= 0 && one.depth[v] < 250) { one.depth[v]++; above = one.parent[above]; }
      }
      one.order = Array.from({ length: n }, (_, v) => v).sort((a, b) => one.depth[a] - one.depth[b] || a - b);
      const small = one.order.filter((v) => !one.inner[v]).map((v) => Math.max(one.box[4 * v + 2], one.box[4 * v + 3])).sort((a, b) => a - b);
      one.grain = small.length ? small[small.length >> 1] : 0;
      return one;
    });
  }

  const toX = (x) => x * view.scale + view.x, toY = (y) => y * view.scale + view.y;
  const middle = (level, v) => [level.box[4 * v] + level.box[4 * v + 2] / 2, level.box[4 * v + 1] + level.box[4 * v + 3] / 2];
  const channels = (colour) => [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));

  function bounds() {
    let low = [Infinity, Infinity], high = [-Infinity, -Infinity];
    const level = levels[levels.length - 1];
    for (let v = 0; v < level.vertices; v++) for (let a = 0; a < 2; a++) {
      const from = level.box[4 * v + a];
      if (from === from) { low[a] = Math.min(low[a], from); high[a] = Math.max(high[a], from + level.box[4 * v + 2 + a]); }
    }
    return isFinite(low[0]) ? [...low, ...high] : [0, 0, 1, 1];
  }
  function fit([left, top, right, bottom]) {
    const space = [Math.max(width - 48, 50), Math.max(height - 140, 50)];
    const scale = Math.min(space[0] / Math.max(right - left, 1e-9), space[1] / Math.max(bottom - top, 1e-9));
    return { scale, x: width / 2 - (scale * (left + right)) / 2, y: (height - 20) / 2 - (scale * (top + bottom)) / 2 };
  }
  function resize() {
    const old = { width, height };
    ratio = Math.min(window.devicePixelRatio || 1, 2);
    width = window.innerWidth; height = window.innerHeight;
    stage.width = width * ratio; stage.height = height * ratio;
    const next = fit(bounds());
    if (!old.width || (view.scale === home.scale && view.x === home.x)) view = next;
    home = next;
    changed();
  }
  function levelFor() {
    if (chosen >= 0) return chosen;
    let best = 0;
    for (let i = 0; i < levels.length; i++) if (levels[i].grain * view.scale >= (i ? 13 : 0)) best = i;
    return levels[levels.length - 1].boxed ? best : levels.length - 1;
  }

  function changed() {
    const next = levelFor();
    if (next !== current) { current = next; hover = -1; }
    requestAnimationFrame(frame);
    clearTimeout(timer);
    timer = setTimeout(rasterise, 90);
  }

  // The density of the edges in view: the same light as in the PNG.
  async function rasterise() {
    const mine = ++job, level = levels[current], here = { ...view };
    const w = Math.max(1, Math.round(width * ratio)), h = Math.max(1, Math.round(height * ratio)), k = here.scale * ratio, ox = here.x * ratio, oy = here.y * ratio;
    const cover = new Float32Array(w * h), flow = new Float32Array(w * h), tone = new Float32Array(w * h * 3);
    const several = new Set(level.type).size > 1;
    let pause = performance.now();
    for (let edge = 0; edge < level.edges; edge++) {
      const first = level.offset[edge], last = level.offset[edge + 1] - 1;
      let whole = 0, gone = 0;
      for (let i = first; i < last; i++) whole += Math.hypot(level.px[i + 1] - level.px[i], level.py[i + 1] - level.py[i]);
      for (let i = first; i < last; i++) {
        const x1 = level.px[i] * k + ox, y1 = level.py[i] * k + oy, x2 = level.px[i + 1] * k + ox, y2 = level.py[i + 1] * k + oy;
        const length = Math.hypot(x2 - x1, y2 - y1), course = level.directed[edge] && whole > 0 ? Math.min((gone + length / k / 2) / whole, 1) : 0.5;
        gone += length / k;
        if ((x1 < 0 && x2 < 0) || (y1 < 0 && y2 < 0) || (x1 > w && x2 > w) || (y1 > h && y2 > h)) continue;
        const count = Math.min(Math.max(Math.ceil(length / 0.9), 1), 4 * (w + h)), share = length / count || 0.25;
        const [r, g, b] = several ? shade(theme.types[level.type[edge] % theme.types.length], course) : theme.flow[Math.round(course * 255)];
        const amount = share * level.weight[edge];
        for (let s = 0; s < count; s++) {
          const x = x1 + ((s + 0.5) / count) * (x2 - x1) - 0.5, y = y1 + ((s + 0.5) / count) * (y2 - y1) - 0.5;
          const cx = Math.floor(x), cy = Math.floor(y);
          if (cx < 0 || cy < 0 || cx >= w - 1 || cy >= h - 1) continue;
          const fx = x - cx, fy = y - cy;
          for (let corner = 0; corner < 4; corner++) {
            const part = (corner & 1 ? fx : 1 - fx) * (corner & 2 ? fy : 1 - fy), at = (cy + (corner >> 1)) * w + cx + (corner & 1), m = amount * part;
            cover[at] += share * part; flow[at] += m;
            tone[3 * at] += m * r; tone[3 * at + 1] += m * g; tone[3 * at + 2] += m * b;
          }
        }
      }
      if ((edge & 63) === 0 && performance.now() - pause > 14) {
        await new Promise((resume) => setTimeout(resume, 0));
        if (mine !== job) return;
        pause = performance.now();
      }
    }
    const light = equalise(cover, flow), image = new ImageData(w, h), glow = channels(theme.glow), dim = level.chains.length ? 0.22 : 1;
    for (let at = 0; at < w * h; at++) {
      if (!(cover[at] > 0)) continue;
      const bright = light(flow[at]), shine = Math.max(0, (bright - 0.82) / 0.18) ** 1.5 * 0.55;
      for (let c = 0; c < 3; c++) { const own = tone[3 * at + c] / flow[at]; image.data[4 * at + c] = own + (glow[c] - own) * shine; }
      image.data[4 * at + 3] = 255 * Math.min(1, cover[at] * 1.35) * (0.2 + 0.8 * bright ** 1.5) * dim;
    }
    const sheet = new OffscreenCanvas(w, h);
    sheet.getContext("2d").putImageData(image, 0, 0);
    bitmap = sheet; painted = { ...here, level, width: w / ratio, height: h / ratio };
    frame();
  }
  const shades = new Map();
  function shade(colour, course) {
    const key = colour + themeName;
    if (!shades.has(key)) {
      const own = channels(colour), ground = channels(theme.ground);
      shades.set(key, Array.from({ length: 33 }, (_, i) => own.map((c, a) => ground[a] + (c - ground[a]) * (0.5 + i / 64))));
    }
    return shades.get(key)[Math.round(course * 32)];
  }
  function equalise(cover, flow) {
    let low = Infinity, high = -Infinity, total = 0;
    for (let i = 0; i < flow.length; i++) if (cover[i] > 0.3) { const value = Math.log(flow[i]); if (value < low) low = value; if (value > high) high = value; }
    if (!(high - low > 1e-6)) return (value) => (value > 0 ? 0.5 : 0);
    const bins = new Float64Array(513), step = 512 / (high - low);
    for (let i = 0; i < flow.length; i++) if (cover[i] > 0.3) { bins[1 + Math.min(511, Math.floor((Math.log(flow[i]) - low) * step))]++; total++; }
    for (let i = 1; i < 513; i++) bins[i] += bins[i - 1];
    return (value) => {
      const at = Math.min(Math.max((Math.log(value) - low) * step, 0), 512);
      return 0.5 * (bins[Math.ceil(at)] / total) + 0.5 * (at / 512);
    };
  }

  function frame() {
    const level = levels[current];
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.fillStyle = theme.ground; pen.fillRect(0, 0, width, height);
    const names = [];
    if (level.boxed) boxes(level, names);
    if (bitmap && painted.level === level) {
      const zoom = view.scale / painted.scale;
      pen.imageSmoothingQuality = "high";
      pen.drawImage(bitmap, view.x - painted.x * zoom, view.y - painted.y * zoom, painted.width * zoom, painted.height * zoom);
    }
    const taken = [];
    if (!level.boxed) dots(level, names);
    marks(level);
    if (hover >= 0) straight(level, hover);
    for (const chain of level.chains) answer(level, chain, names);
    names.sort((a, b) => a.rank - b.rank);
    for (const name of names.slice(0, 600)) write(name, taken);
  }
  function boxes(level, names) {
    for (const v of level.order) {
      const x = toX(level.box[4 * v]), y = toY(level.box[4 * v + 1]), w = level.box[4 * v + 2] * view.scale, h = level.box[4 * v + 3] * view.scale;
      if (x > width || y > height || x + w < 0 || y + h < 0 || w < 0.6 || h < 0.6) continue;
      pen.fillStyle = level.depth[v] ? theme.ink : theme.panel; pen.globalAlpha = level.depth[v] ? theme.box : 1;
      pen.fillRect(x, y, w, h);
      if (level.severity[v] && !level.inner[v]) { pen.globalAlpha = Math.min(w, h) < 16 ? 0.18 + 0.14 * level.severity[v] : 0.05 + 0.04 * level.severity[v]; pen.fillStyle = theme.severities[level.severity[v]]; pen.fillRect(x, y, w, h); }
      if (Math.min(w, h) > 5) { pen.globalAlpha = v === hover ? 0.9 : theme.border; pen.strokeStyle = theme.ink; pen.lineWidth = v === hover ? 1.6 : 0.8; pen.strokeRect(x, y, w, h); }
      pen.globalAlpha = 1;
      if (w > 36 && h > 16) {
        const size = level.depth[v] ? 12 : 15;
        names.push({ text: level.labels[v], x: Math.max(x, 0) + 5, y: Math.max(y, 46) + size * 1.1, room: w - 8, size, colour: level.depth[v] ? theme.soft : theme.ink, rank: 10 * level.depth[v] - (w * h) / 1e8 });
      }
    }
  }
  function dots(level, names) {
    const degree = level.degree || (level.degree = sums(level)), most = Math.max(...degree, 1e-9);
    pen.fillStyle = theme.ink;
    for (let v = 0; v < level.vertices; v++) {
      const x = toX(level.box[4 * v]), y = toY(level.box[4 * v + 1]);
      if (!(x > -9 && y > -9 && x < width + 9 && y < height + 9)) continue;
      pen.globalAlpha = level.chains.length ? 0.4 : 0.85;
      pen.beginPath(); pen.arc(x, y, 1.3 + 3 * Math.sqrt(degree[v] / most), 0, 7); pen.fill();
      if (level.labels[v]) names.push({ text: level.labels[v], x: x + 8, y: y + 4, room: 240, size: 12, colour: theme.ink, rank: 100 - degree[v] / most });
    }
    pen.globalAlpha = 1;
  }
  function sums(level) {
    const degree = new Float64Array(level.vertices);
    for (let e = 0; e < level.edges; e++) { degree[level.source[e]] += level.weight[e]; degree[level.target[e]] += level.weight[e]; }
    return degree;
  }
  function marks(level) {
    pen.textAlign = "center"; pen.textBaseline = "middle"; pen.lineWidth = 3; pen.strokeStyle = theme.ground;
    let shown = 0;
    for (let v = 0; v < level.vertices && shown < 600; v++) {
      if (level.severity[v] < 2 || level.inner[v]) continue;
      const [x, y] = middle(level, v), sx = toX(x), sy = toY(y);
      if (!(sx > 0 && sy > 0 && sx < width && sy < height)) continue;
      pen.font = "15px sans-serif"; pen.strokeText(SHAPES[level.severity[v]], sx, sy);
      pen.fillStyle = theme.severities[level.severity[v]]; pen.fillText(SHAPES[level.severity[v]], sx, sy);
      shown++;
    }
  }
  function straight(level, v) {
    let shown = 0;
    pen.lineWidth = 1.1; pen.globalAlpha = 0.75;
    for (let e = 0; e < level.edges && shown < 1500; e++) {
      if (level.source[e] !== v && level.target[e] !== v) continue;
      const [x1, y1] = middle(level, level.source[e]), [x2, y2] = middle(level, level.target[e]);
      pen.strokeStyle = level.source[e] === v ? theme.target : theme.source;
      pen.beginPath(); pen.moveTo(toX(x1), toY(y1)); pen.lineTo(toX(x2), toY(y2)); pen.stroke();
      shown++;
    }
    pen.globalAlpha = 1;
  }
  function answer(level, chain, names) {
    const steps = chain.vertices.map((v) => middle(level, v)).map(([x, y]) => [toX(x), toY(y)]);
    for (let i = 0; i + 1 < steps.length; i++) {
      const [x1, y1] = steps[i], [x2, y2] = steps[i + 1], length = Math.hypot(x2 - x1, y2 - y1);
      if (!(length > 1)) continue;
      const ux = (x2 - x1) / length, uy = (y2 - y1) / length, tx = x2 - ux * 8, ty = y2 - uy * 8;
      for (const [colour, size] of [[theme.ground, 6], [theme.answer, 2.4]]) { pen.strokeStyle = colour; pen.lineWidth = size; pen.beginPath(); pen.moveTo(x1, y1); pen.lineTo(tx, ty); pen.stroke(); }
      pen.fillStyle = theme.answer; pen.beginPath(); pen.moveTo(tx + ux * 4, ty + uy * 4);
      pen.lineTo(tx - ux * 9 - uy * 5.5, ty - uy * 9 + ux * 5.5); pen.lineTo(tx - ux * 9 + uy * 5.5, ty - uy * 9 - ux * 5.5); pen.fill();
      if (chain.relations[i] && length > 40) names.push({ text: chain.relations[i], x: (x1 + x2) / 2 + 8, y: (y1 + y2) / 2 + 4, room: 300, size: 12, colour: theme.answer, rank: -50 });
    }
    chain.vertices.forEach((v, i) => {
      pen.fillStyle = pen.strokeStyle = theme.answer; pen.lineWidth = 2; pen.beginPath();
      if (level.severity[v] >= 2 && !level.inner[v]) { pen.arc(steps[i][0], steps[i][1], 10.5, 0, 7); pen.stroke(); } else { pen.arc(steps[i][0], steps[i][1], i + 1 === steps.length ? 5 : 3.4, 0, 7); pen.fill(); }
      names.push({ text: `${level.kinds[level.kind[v]]} ${level.labels[v]}${i + 1 === steps.length && level.notes[v] ? `: ${level.notes[v]}` : ""}`.trim(), x: steps[i][0] + 13, y: steps[i][1] + 5, room: 420, size: 14, colour: theme.ink, rank: -100 });
    });
  }
  function write(name, taken) {
    pen.font = `${name.size}px ui-sans-serif, system-ui, "DejaVu Sans", sans-serif`; pen.textAlign = "left"; pen.textBaseline = "alphabetic";
    let text = name.text, wide = pen.measureText(text).width;
    if (wide > name.room) {
      let keep = Math.floor((text.length * name.room) / wide) - 1;
      if (keep < 3) return;
      text = text.slice(0, keep) + "\u2026"; wide = pen.measureText(text).width;
    }
    const rect = [name.x - 2, name.y - name.size, name.x + wide + 2, name.y + 4];
    if (rect[0] > width || rect[2] < 0 || rect[1] > height || rect[3] < 0) return;
    for (const other of taken) if (rect[0] < other[2] && rect[2] > other[0] && rect[1] < other[3] && rect[3] > other[1]) return;
    taken.push(rect);
    pen.lineJoin = "round"; pen.lineWidth = 3; pen.strokeStyle = theme.ground; pen.globalAlpha = 0.85; pen.strokeText(text, name.x, name.y);
    pen.globalAlpha = 1; pen.fillStyle = name.colour; pen.fillText(text, name.x, name.y);
  }

  function under(x, y) {
    const level = levels[current];
    let best = -1, near = 12;
    for (const v of level.order) {
      if (level.boxed) {
        const left = toX(level.box[4 * v]), top = toY(level.box[4 * v + 1]);
        if (x >= left && y >= top && x < left + level.box[4 * v + 2] * view.scale && y < top + level.box[4 * v + 3] * view.scale) best = v;
      } else {
        const apart = Math.hypot(toX(level.box[4 * v]) - x, toY(level.box[4 * v + 1]) - y);
        if (apart < near) { near = apart; best = v; }
      }
    }
    return best;
  }
  function point(event) {
    const next = under(event.clientX, event.clientY);
    if (next !== hover) { hover = next; requestAnimationFrame(frame); }
    if (hover < 0) { tip.hidden = true; return; }
    const level = levels[current];
    let out = 0, into = 0;
    for (let e = 0; e < level.edges; e++) { if (level.source[e] === hover) out += level.members[e]; if (level.target[e] === hover) into += level.members[e]; }
    tip.replaceChildren(level.labels[hover] || `#${hover}`);
    const lines = [level.kinds[level.kind[hover]], `${out.toLocaleString("en")} edges out, ${into.toLocaleString("en")} in`];
    if (level.severity[hover]) lines.push(`${SHAPES[level.severity[hover]]} ${data.severities[level.severity[hover]]}: ${level.notes[hover] || "found here"}`);
    for (const line of lines) if (line) { const small = document.createElement("small"); small.textContent = line; tip.append(small); }
    tip.hidden = false;
    tip.style.left = `${Math.min(event.clientX + 14, width - tip.offsetWidth - 8)}px`;
    tip.style.top = `${Math.min(event.clientY + 14, height - tip.offsetHeight - 8)}px`;
  }
  function zoom(factor, x, y) {
    const scale = Math.min(Math.max(view.scale * factor, home.scale / 4), home.scale * 400), f = scale / view.scale;
    view = { scale, x: x - (x - view.x) * f, y: y - (y - view.y) * f };
    changed();
  }
  function goTo(index, v) {
    chosen = index; pick.value = String(index); current = index;
    const level = levels[index], [x, y] = middle(level, v), reach = Math.max(level.box[4 * v + 2], level.box[4 * v + 3], (width / home.scale) * 0.04) * 3;
    view = fit([x - reach, y - reach, x + reach, y + reach]); hover = v;
    changed();
  }

  stage.addEventListener("wheel", (event) => { event.preventDefault(); zoom(Math.exp(-event.deltaY * 0.0016), event.clientX, event.clientY); }, { passive: false });
  const touches = new Map();
  stage.addEventListener("pointerdown", (event) => { stage.setPointerCapture(event.pointerId); touches.set(event.pointerId, [event.clientX, event.clientY]); held = true; stage.classList.add("held"); tip.hidden = true; });
  stage.addEventListener("pointermove", (event) => {
    if (!held) return point(event);
    const before = touches.get(event.pointerId);
    if (!before) return;
    if (touches.size === 2) {
      const other = [...touches].find(([id]) => id !== event.pointerId)[1];
      zoom(Math.hypot(event.clientX - other[0], event.clientY - other[1]) / Math.max(Math.hypot(before[0] - other[0], before[1] - other[1]), 1), other[0], other[1]);
    } else { view = { ...view, x: view.x + event.clientX - before[0], y: view.y + event.clientY - before[1] }; changed(); }
    touches.set(event.pointerId, [event.clientX, event.clientY]);
  });
  for (const end of ["pointerup", "pointercancel"]) stage.addEventListener(end, (event) => { touches.delete(event.pointerId); if (!touches.size) { held = null; stage.classList.remove("held"); } });
  stage.addEventListener("pointerleave", () => { tip.hidden = true; hover = -1; requestAnimationFrame(frame); });
  stage.addEventListener("dblclick", (event) => zoom(2, event.clientX, event.clientY));
  stage.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key];
    if (step) { view = { ...view, x: view.x + step[0], y: view.y + step[1] }; changed(); }
    else if (event.key === "+" || event.key === "=") zoom(1.4, width / 2, height / 2);
    else if (event.key === "-") zoom(1 / 1.4, width / 2, height / 2);
    else if (event.key === "0") { view = home; changed(); }
    else return;
    event.preventDefault();
  });
  window.addEventListener("keydown", (event) => { if (event.key === "/" && event.target !== find) { event.preventDefault(); find.focus(); } if (event.key === "Escape") { list.hidden = true; stage.focus(); } });
  window.addEventListener("resize", resize);
  find.addEventListener("change", () => {
    const wanted = find.value.trim().toLowerCase();
    if (!wanted) return;
    for (const test of [(label) => label === wanted, (label) => label.startsWith(wanted), (label) => label.includes(wanted)])
      for (let i = 0; i < levels.length; i++) { const v = levels[i].labels.findIndex((label) => test(label.toLowerCase())); if (v >= 0) return goTo(i, v); }
    find.setCustomValidity("nothing has that name"); find.reportValidity(); setTimeout(() => find.setCustomValidity(""), 1500);
  });
  pick.addEventListener("change", () => { chosen = Number(pick.value); changed(); });
  $("whole").addEventListener("click", () => { view = home; chosen = -1; pick.value = "-1"; changed(); });
  $("theme").addEventListener("click", () => { themeName = themeName === "dark" ? "light" : "dark"; dress(); changed(); });
  $("show").addEventListener("click", () => { list.hidden = !list.hidden; });

  function dress() {
    theme = data.themes[themeName]; document.documentElement.dataset.theme = themeName; shades.clear();
    const bar = $("bar").getContext("2d");
    theme.flow.forEach(([r, g, b], i) => { bar.fillStyle = `rgb(${r} ${g} ${b})`; bar.fillRect(Math.floor((i * 150) / 256), 0, 2, 10); });
    for (const mark of document.querySelectorAll(".mark")) mark.style.setProperty("--mark", (mark.dataset.severity ? theme.severities : theme.types)[Number(mark.dataset.severity || mark.dataset.type) % theme.types.length]);
  }
  function furnish() {
    levels.forEach((_, i) => { const option = document.createElement("option"); option.value = String(i); option.textContent = data.names[i]; pick.append(option); });
    if (levels.length < 2) pick.hidden = true;
    const last = levels[levels.length - 1], found = last.order.filter((v) => last.severity[v] >= 2 && !last.inner[v]).sort((a, b) => last.severity[b] - last.severity[a] || a - b);
    $("show").textContent = `${found.length.toLocaleString("en")} findings`; $("show").hidden = !found.length;
    for (const v of found.slice(0, 500)) {
      const row = document.createElement("button"), small = document.createElement("small");
      row.textContent = `${SHAPES[last.severity[v]]} ${last.labels[v]}`; small.textContent = last.notes[v] || data.severities[last.severity[v]];
      row.append(small); row.addEventListener("click", () => goTo(levels.length - 1, v)); list.append(row);
    }
    const several = last.types.length > 1 && new Set(last.type).size > 1, key = $("key");
    $("direction").hidden = several || !last.edges;
    const mark = (text, shape, name, value) => { const span = document.createElement("span"); span.className = "mark"; span.dataset.shape = shape; span.dataset[name] = value; span.textContent = text; key.append(span); };
    if (several) [...new Set(last.type)].slice(0, 8).forEach((type) => mark(last.types[type] || "other", "\u2501", "type", String(type)));
    for (let s = 4; s >= 2; s--) if (found.some((v) => last.severity[v] === s)) mark(data.severities[s], SHAPES[s], "severity", String(s));
    key.hidden = !key.childElementCount;
  }
  furnish(); dress(); resize();
  document.documentElement.dataset.ready = "yes";
})().catch((error) => { document.body.append(`The drawing could not be read: ${error.message}`); });
