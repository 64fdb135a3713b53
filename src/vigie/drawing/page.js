// The drawing in a browser: packed levels are read once; boxes and edges are painted off the page's thread (painter.js)
// into two pictures; while the view moves, these are moved along, and they are painted anew when they no longer do for
// it and when it rests. Names, findings and the answer are drawn over them in every frame.
(async () => {
  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("data").textContent), hired = hire();
  const levels = await unpack($("levels").textContent);
  const stage = $("stage"), pen = stage.getContext("2d");
  const tip = $("tip"), find = $("find"), pick = $("level"), list = $("findings");
  const ends = [document.querySelector("header"), document.querySelector("footer")];
  const SHAPES = ["", "\u25cf", "\u25a0", "\u25b2", "\u25c6"];
  let themeName = data.theme, theme = data.themes[themeName], ratio = 1, width = 0, height = 0;
  let view = { scale: 1, x: 0, y: 0 }, home = view, chosen = -1, current = 0, hover = -1, shown = -1, timer = 0, awaited = 0;
  let edge = { side: 24, top: 46, bottom: 80 }, held = null;
  let worker = { tell: painter(receive, Infinity), place: "page" };
  const pictures = { ground: null, flow: null }, asked = { ground: null, flow: null }, sprites = new Map();
  let jobs = 0;

  function bytesOf(text) {
    if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
    const plain = atob(text), bytes = new Uint8Array(plain.length);
    for (let i = 0; i < plain.length; i++) bytes[i] = plain.charCodeAt(i);
    return bytes;
  }
  async function unpack(text) {
    const stream = new Blob([bytesOf(text.trim())]).stream().pipeThrough(new DecompressionStream("gzip"));
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
      one.present = [...new Set(one.type)];
      if (!boxed) rank(one);
      const twins = new Map();
      for (const label of one.labels) twins.set(label, (twins.get(label) || 0) + 1);
      one.twin = one.labels.map((label) => twins.get(label) > 1);
      one.grain = small.length ? small[small.length >> 1] : 0;
      return one;
    });
  }

  const toX = (x) => x * view.scale + view.x, toY = (y) => y * view.scale + view.y;
  const middle = (level, v) => [level.box[4 * v] + level.box[4 * v + 2] / 2, level.box[4 * v + 1] + level.box[4 * v + 3] / 2];

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
    const space = [Math.max(width - 2 * edge.side, 50), Math.max(height - edge.top - 14 - edge.bottom, 50)];
    const scale = Math.min(space[0] / Math.max(right - left, 1e-9), space[1] / Math.max(bottom - top, 1e-9));
    return { scale, x: width / 2 - (scale * (left + right)) / 2, y: edge.top + 14 + space[1] / 2 - (scale * (top + bottom)) / 2 };
  }
  function resize() {
    const old = { width, height }, [header, footer] = ends;
    ratio = Math.min(window.devicePixelRatio || 1, 2);
    width = window.innerWidth; height = window.innerHeight;
    stage.width = width * ratio; stage.height = height * ratio;
    edge = { side: width < 600 ? 10 : 24, top: header.offsetTop + header.offsetHeight + 2, bottom: Math.max(width < 600 ? 0 : 80, footer.offsetHeight + 20) };
    const next = fit(bounds());
    if (!old.width || (view.scale === home.scale && view.x === home.x)) view = next;
    home = next;
    afresh(true);
  }
  // Everything is painted anew: for another theme, or another size, for which what there is may `serve` until then.
  function afresh(serve) {
    for (const what of ["ground", "flow"]) {
      const one = pictures[what];
      asked[what] = null;
      if (one && serve) one.view = { ...one.view };
      else if (one) { one.image.close(); pictures[what] = null; }
    }
    sprites.clear();
    changed();
  }
  function levelFor() {
    if (chosen >= 0) return chosen;
    let best = 0;
    for (let i = 0; i < levels.length; i++) if (levels[i].grain * view.scale >= (i ? 13 : 0)) best = i;
    return levels[levels.length - 1].boxed ? best : levels.length - 1;
  }

  // The painter in a worker made of its own source; on the page where a worker may not be made.
  function hire() {
    return new Promise((done) => {
      let hand = null, ready = false;
      const settle = (tell, place) => { clearTimeout(patience); document.documentElement.dataset.painter = place; done({ tell, place }); };
      const stay = () => { if (hand) hand.terminate(); settle(painter(receive, 14), "page"); };
      const patience = setTimeout(stay, 8000);
      try {
        const source = `"use strict"; const tell = (${painter})((told, moved) => postMessage(told, moved), 40); onmessage = (event) => tell(event.data); postMessage({ ready: true });`;
        const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
        hand = new Worker(address);
        hand.onmessage = ({ data: told }) => {
          if (!told.ready) return receive(told);
          ready = true; URL.revokeObjectURL(address); settle((wish, moved) => hand.postMessage(wish, moved), "worker");
        };
        hand.onerror = (event) => { event.preventDefault(); if (ready) broken(event); else stay(); };
      } catch { stay(); }
    });
  }
  const OF_EDGES = ["px", "py", "offset", "weight", "type", "directed"], OF_VERTICES = ["boxed", "box", "depth", "inner", "severity", "order", "size"];
  function forPainter(level) {
    const own = { dim: level.chains.length > 0 };
    for (const name of [...OF_EDGES, ...OF_VERTICES]) own[name] = level[name];
    return own;
  }
  function handOver() {
    const given = levels.map(forPainter), moved = [];
    for (const level of levels) for (const name of OF_EDGES) { moved.push(level[name].buffer); delete level[name]; }
    worker.tell({ levels: given }, moved);
  }
  function request(what) {
    const pad = what === "ground" ? [Math.round(width * ratio / 4), Math.round(height * ratio / 4)] : [0, 0];
    const w = Math.max(1, Math.round(width * ratio)) + 2 * pad[0], h = Math.max(1, Math.round(height * ratio)) + 2 * pad[1];
    asked[what] = { job: ++jobs, level: current, view, w, h, left: pad[0] / ratio, top: pad[1] / ratio };
    stage.setAttribute("aria-busy", "true");
    worker.tell({ what, job: jobs, level: current, k: view.scale * ratio, ox: view.x * ratio + pad[0], oy: view.y * ratio + pad[1], w, h, theme, ratio });
  }
  function receive({ what, job, picture, error }) {
    if (error) return broken({ message: error });
    if (!asked[what] || asked[what].job !== job) return picture.close();
    if (pictures[what]) pictures[what].image.close();
    pictures[what] = { ...asked[what], image: picture };
    asked[what] = null;
    if (!asked.ground && !asked.flow) stage.setAttribute("aria-busy", "false");
    soon();
  }
  const settled = (one) => one && one.view === view && one.level === current;
  // Whether a picture no longer does for a view that is moving.
  function stale(what) {
    const one = pictures[what];
    if (!one || one.level !== current) return true;
    const zoom = view.scale / one.view.scale, left = view.x - (one.view.x + one.left) * zoom, top = view.y - (one.view.y + one.top) * zoom;
    const slack = what === "flow" ? 0.15 : 0;
    return zoom < 0.75 || zoom > 1.35 || left > slack * width || top > slack * height || left + (one.w / ratio) * zoom < (1 - slack) * width || top + (one.h / ratio) * zoom < (1 - slack) * height;
  }
  function changed() {
    current = levelFor();
    if (current !== shown) { shown = current; hover = -1; }
    pick.options[0].textContent = chosen < 0 ? `by zoom: ${data.names[current]}` : "by zoom";
    soon();
    for (const what of ["ground", "flow"]) if (!asked[what] && stale(what) && (what === "ground" || worker.place === "worker" || !pictures[what])) request(what);
    clearTimeout(timer);
    timer = setTimeout(() => { for (const what of ["ground", "flow"]) if (!settled(asked[what]) && (asked[what] || !settled(pictures[what]))) request(what); }, 90);
  }
  function soon() { if (!awaited) awaited = requestAnimationFrame(frame); }
  function broken(error) { document.body.append(`The drawing could not be drawn: ${error.message}`); }

  function frame() {
    const level = levels[current], names = [], taken = [], named = new Set();
    awaited = 0;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.fillStyle = theme.ground; pen.fillRect(0, 0, width, height);
    for (const what of level.boxed ? ["ground", "flow"] : ["flow", "ground"]) if (pictures[what]) lay(pictures[what]);
    if (level.boxed) boxNames(level, names); else dotNames(level, names);
    if (hover >= 0) straight(level, hover);
    marks(level);
    if (hover >= 0 && tip.hidden) found(level, hover, names);
    for (const chain of level.chains) answer(level, chain, names, taken, named);
    names.sort((a, b) => a.rank - b.rank);
    for (const name of names.slice(0, 600)) write(name, taken);
  }
  function lay(picture) {
    const zoom = view.scale / picture.view.scale;
    pen.imageSmoothingEnabled = zoom !== 1;
    pen.drawImage(picture.image, view.x - (picture.view.x + picture.left) * zoom, view.y - (picture.view.y + picture.top) * zoom, (picture.w / ratio) * zoom, (picture.h / ratio) * zoom);
    pen.imageSmoothingEnabled = true;
  }
  function boxNames(level, names) {
    const box = level.box, scale = view.scale;
    for (const v of level.order) {
      const w = box[4 * v + 2] * scale, h = box[4 * v + 3] * scale;
      if (!(w > 36 && h > 16) && v !== hover) continue;
      const x = toX(box[4 * v]), y = toY(box[4 * v + 1]);
      if (x > width || y > height || x + w < 0 || y + h < 0) continue;
      if (v === hover) { pen.globalAlpha = 0.9; pen.strokeStyle = theme.ink; pen.lineWidth = 1.6; pen.strokeRect(x, y, w, h); pen.globalAlpha = 1; }
      const size = level.depth[v] ? 12 : 15, left = Math.max(x, 0) + 5, base = Math.max(y, edge.top) + size * 1.1, rank = 10 * level.depth[v] - (w * h) / 1e8;
      if (base > y + h) continue;
      const below = level.twin[v] && h > 40 && !level.inner[v] ? level.kinds[level.kind[v]] : "";
      names.push({ text: level.labels[v], below, spots: () => [[left, base]], room: x + w - left - 3, size, colour: level.depth[v] ? theme.soft : theme.ink, rank });
    }
  }
  function dotNames(level, names) {
    for (let i = 0; i < level.ranked.length && names.length < 600; i++) {
      const v = level.ranked[i], x = toX(level.box[4 * v]), y = toY(level.box[4 * v + 1]);
      if (!(x > -9 && y > -9 && x < width + 9 && y < height + 9)) continue;
      names.push({ text: level.labels[v], spots: (wide) => [[x + 8, y + 4], [x - 8 - wide, y + 4]], room: 240, size: 12, colour: theme.ink, rank: i });
    }
  }
  // The weight of the edges at each vertex, as the size of its dot, and the vertices with a name by it.
  function rank(level) {
    const degree = new Float64Array(level.vertices);
    for (let e = 0; e < level.edges; e++) { degree[level.source[e]] += level.weight[e]; degree[level.target[e]] += level.weight[e]; }
    const most = degree.reduce((a, b) => Math.max(a, b), 1e-9);
    level.size = degree.map((own) => Math.sqrt(own / most));
    level.ranked = level.order.filter((v) => level.labels[v]).sort((a, b) => degree[b] - degree[a] || a - b);
  }
  function marks(level) {
    let shown = 0;
    for (let v = 0; v < level.vertices && shown < 600; v++) {
      if (level.severity[v] < 2 || level.inner[v]) continue;
      const [x, y] = middle(level, v), sx = toX(x), sy = toY(y);
      if (!(sx > 0 && sy > 0 && sx < width && sy < height)) continue;
      pen.drawImage(badge(level.severity[v]), snap(sx - 12), snap(sy - 12), 24, 24);
      shown++;
    }
  }
  // The edges at a vertex: built once for a level, so that a hovering hand does not search them all.
  function near(level, v) {
    if (!level.starts) {
      const starts = level.starts = new Int32Array(level.vertices + 1), { source, target } = level;
      for (let e = 0; e < level.edges; e++) { starts[source[e] + 1]++; if (target[e] !== source[e]) starts[target[e] + 1]++; }
      for (let i = 0; i < level.vertices; i++) starts[i + 1] += starts[i];
      const next = starts.slice(), touching = level.touching = new Int32Array(starts[level.vertices]);
      for (let e = 0; e < level.edges; e++) { touching[next[source[e]]++] = e; if (target[e] !== source[e]) touching[next[target[e]]++] = e; }
    }
    return level.touching.subarray(level.starts[v], level.starts[v + 1]);
  }
  function straight(level, v) {
    const edges = near(level, v).subarray(0, 1500), [x, y] = middle(level, v).map((at, axis) => (axis ? toY(at) : toX(at)));
    for (const [size, alpha] of edges.length <= 200 ? [[4, 0.6], [1.4, 1]] : [[1.1, 0.75]]) {
      pen.lineWidth = size; pen.globalAlpha = alpha;
      for (const e of edges) {
        const out = level.source[e] === v, [x2, y2] = middle(level, out ? level.target[e] : level.source[e]);
        pen.strokeStyle = size === 4 ? theme.ground : out ? theme.target : theme.source;
        pen.beginPath(); pen.moveTo(x, y); pen.lineTo(toX(x2), toY(y2)); pen.stroke();
      }
    }
    pen.globalAlpha = 1;
  }
  // The name of what was searched for, where no hand hovers over it.
  function found(level, v, names) {
    const x = toX(level.box[4 * v] + level.box[4 * v + 2]), y = toY(level.box[4 * v + 1]), w = level.box[4 * v + 2] * view.scale;
    const spots = (wide) => [[x + 8, y + 12], [x - w - 8 - wide, y + 12], [x - w, y - 9], [Math.max(x - w, 8), Math.max(y, edge.top) + 16]];
    const text = [level.kinds[level.kind[v]], level.labels[v]].filter(Boolean).join(" ");
    names.push({ text, spots, room: Math.min(420, width - 16), size: 14, colour: theme.ink, rank: -1000, whole: true });
  }
  function answer(level, chain, names, taken, named) {
    const steps = chain.vertices.map((v) => middle(level, v)).map(([x, y]) => [toX(x), toY(y)]);
    for (let i = 0; i + 1 < steps.length; i++) {
      const [x1, y1] = steps[i], [x2, y2] = steps[i + 1], length = Math.hypot(x2 - x1, y2 - y1);
      if (!(length > 1)) continue;
      const ux = (x2 - x1) / length, uy = (y2 - y1) / length, tx = x2 - ux * 8, ty = y2 - uy * 8;
      for (const [colour, size] of [[theme.ground, 6], [theme.answer, 2.4]]) { pen.strokeStyle = colour; pen.lineWidth = size; pen.beginPath(); pen.moveTo(x1, y1); pen.lineTo(tx, ty); pen.stroke(); }
      pen.fillStyle = theme.answer; pen.beginPath(); pen.moveTo(tx + ux * 4, ty + uy * 4);
      pen.lineTo(tx - ux * 9 - uy * 5.5, ty - uy * 9 + ux * 5.5); pen.lineTo(tx - ux * 9 + uy * 5.5, ty - uy * 9 - ux * 5.5); pen.fill();
      const spots = () => [0.5, 0.35, 0.65].map((t) => [x1 + t * (x2 - x1) + 8, y1 + t * (y2 - y1) + 4]);
      if (chain.relations[i] && length > 40) names.push({ text: chain.relations[i], spots, room: 300, size: 12, colour: theme.answer, rank: -50, whole: true });
    }
    chain.vertices.forEach((v, i) => {
      const [x, y] = steps[i], last = i + 1 === steps.length, ring = level.severity[v] >= 2 && !level.inner[v];
      pen.fillStyle = pen.strokeStyle = theme.answer; pen.lineWidth = 2; pen.beginPath();
      if (ring) { pen.arc(x, y, 10.5, 0, 7); pen.stroke(); } else { pen.arc(x, y, last ? 5 : 3.4, 0, 7); pen.fill(); }
      taken.push([x - 11, y - 9, x + 11, y + 9]);
      if (named.has(v)) return;
      named.add(v);
      const kind = level.kinds[level.kind[v]] || "", note = last && level.notes[v] ? `: ${level.notes[v]}` : "";
      const spots = (wide) => [[x + 18, y + 5], [x - 18 - wide, y + 5], [x - wide / 2, y - 17], [x - wide / 2, y + 25], [x + 6, y - 17], [x - wide - 6, y + 25]];
      names.push({ text: `${kind} ${level.labels[v]}${note}`.trim(), short: `${level.labels[v]}${note}`, spots, room: Math.min(420, width - 16), size: 14, colour: theme.ink, rank: last ? -200 : -100, whole: true, must: last });
    });
  }
  // Put a name at the first of its spots that is free, what it is `below` it where names are equal; a name of the answer lies on a plate and wholly in view.
  function write(name, taken) {
    for (const text of name.short ? [name.text, name.short] : [name.text]) {
      const one = sprite(shortened(text, name), name);
      if (!one) return;
      const spots = name.spots(one.wide);
      if (name.must && text === name.short) for (const [dy, anyhow] of [[-22, false], [20, false], [-22, true]]) spots.push([Math.max(Math.min(spots[0][0], width - one.wide - 8), 8), spots[0][1] + dy, anyhow]);
      for (const [x, y, anyhow] of spots) {
        const rect = [x - 2, y - name.size, x + one.wide + 2, y + 4];
        if (name.whole ? rect[0] < 2 || rect[2] > width - 2 || rect[1] < edge.top || rect[3] > height : rect[0] > width || rect[2] < 0 || rect[1] > height || rect[3] < 0) continue;
        if (!anyhow && taken.some((other) => rect[0] < other[2] && rect[2] > other[0] && rect[1] < other[3] && rect[3] > other[1])) continue;
        taken.push(rect);
        pen.drawImage(one.image, snap(x - 5), snap(y - name.size * 1.2), one.image.width / ratio, one.image.height / ratio);
        if (name.below) write({ text: name.below, spots: () => [[x, y + 15]], room: name.room, size: 10, colour: theme.soft }, taken);
        return;
      }
    }
  }
  const snap = (at) => Math.round(at * ratio) / ratio;
  const fontOf = (size) => `${size}px ui-sans-serif, system-ui, "DejaVu Sans", sans-serif`;
  function wideness(text, size) {
    const key = `${size} ${text}`;
    if (!sprites.has(key)) { pen.font = fontOf(size); sprites.set(key, pen.measureText(text).width); }
    return sprites.get(key);
  }
  // A name that is too wide loses its middle: names of one kind differ at their ends.
  function shortened(text, { size, room }) {
    text = text.slice(0, 200);
    const wide = wideness(text, size);
    if (wide <= room) return text;
    for (let keep = Math.floor((text.length * room) / wide); keep >= Math.max(5, 0.45 * text.length); keep--) {
      const tail = keep >> 1, cut = `${text.slice(0, keep - tail)}\u2026${text.slice(text.length - tail)}`;
      if (wideness(cut, size) <= room) return cut;
    }
    return "";
  }
  // A name as a picture of its own: outlined text is dear, and most names are the same in the next frame.
  function sprite(text, { size, colour, whole }) {
    if (!text) return null;
    const key = `${size} ${colour} ${Boolean(whole)} ${text}`;
    if (!sprites.has(key)) {
      if (sprites.size > 6000) sprites.clear();
      const wide = wideness(text, size), paper = new OffscreenCanvas(Math.ceil((wide + 10) * ratio), Math.ceil(size * 1.7 * ratio)), ink = paper.getContext("2d");
      ink.scale(ratio, ratio); ink.font = fontOf(size); ink.lineJoin = "round"; ink.lineWidth = 3; ink.fillStyle = ink.strokeStyle = theme.ground; ink.globalAlpha = 0.85;
      if (whole) { ink.beginPath(); ink.roundRect(0, 0, wide + 10, size * 1.65, 4); ink.fill(); } else ink.strokeText(text, 5, size * 1.2);
      ink.globalAlpha = 1; ink.fillStyle = colour; ink.fillText(text, 5, size * 1.2);
      sprites.set(key, { wide, image: paper.transferToImageBitmap() });
    }
    return sprites.get(key);
  }
  function badge(severity) {
    const key = `badge ${severity}`;
    if (!sprites.has(key)) {
      const paper = new OffscreenCanvas(24 * ratio, 24 * ratio), ink = paper.getContext("2d");
      ink.scale(ratio, ratio); ink.font = "15px sans-serif"; ink.textAlign = "center"; ink.textBaseline = "middle"; ink.lineWidth = 3; ink.strokeStyle = theme.ground; ink.fillStyle = theme.severities[severity];
      ink.strokeText(SHAPES[severity], 12, 12); ink.fillText(SHAPES[severity], 12, 12);
      sprites.set(key, paper.transferToImageBitmap());
    }
    return sprites.get(key);
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
    if (next !== hover) { hover = next; soon(); }
    if (hover < 0) { tip.hidden = true; return; }
    const level = levels[current], above = [];
    let out = 0, into = 0;
    for (const e of near(level, hover)) { if (level.source[e] === hover) out += level.members[e]; if (level.target[e] === hover) into += level.members[e]; }
    for (let v = level.parent[hover]; v >= 0 && above.length < 6; v = level.parent[v]) above.unshift(level.labels[v]);
    tip.replaceChildren(level.labels[hover] || `#${hover}`);
    const lines = [[level.kinds[level.kind[hover]], above.join(" \u203a ")].filter(Boolean).join(" in "), `${out.toLocaleString("en")} edges out, ${into.toLocaleString("en")} in`];
    if (level.severity[hover]) lines.push(`${SHAPES[level.severity[hover]]} ${data.severities[level.severity[hover]]}: ${level.notes[hover] || "found here"}`);
    for (const line of lines) if (line) { const small = document.createElement("small"); small.textContent = line; tip.append(small); }
    tip.hidden = false; tip.style.left = tip.style.top = "0";
    tip.style.left = `${Math.max(8, Math.min(event.clientX + 14, width - tip.offsetWidth - 8))}px`;
    tip.style.top = `${Math.max(8, Math.min(event.clientY + 14, height - tip.offsetHeight - 8))}px`;
  }
  function zoom(factor, x, y) {
    const scale = Math.min(Math.max(view.scale * factor, home.scale / 4), home.scale * 400), f = scale / view.scale;
    view = { scale, x: x - (x - view.x) * f, y: y - (y - view.y) * f };
    changed();
  }
  function goTo(index, v) {
    chosen = index; pick.value = String(index); current = index;
    shown = index;
    const level = levels[index], [x, y] = middle(level, v), reach = Math.max(level.box[4 * v + 2], level.box[4 * v + 3], (width / home.scale) * 0.04) * 3;
    view = fit([x - reach, y - reach, x + reach, y + reach]); hover = v;
    changed();
  }

  stage.addEventListener("wheel", (event) => { event.preventDefault(); zoom(Math.exp(-event.deltaY * 0.0016), event.clientX, event.clientY); }, { passive: false });
  const touches = new Map();
  stage.addEventListener("pointerdown", (event) => { stage.setPointerCapture(event.pointerId); touches.set(event.pointerId, [event.clientX, event.clientY]); held = [event.clientX, event.clientY]; stage.classList.add("held"); tip.hidden = true; });
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
  for (const end of ["pointerup", "pointercancel"]) stage.addEventListener(end, (event) => {
    const still = held && Math.hypot(event.clientX - held[0], event.clientY - held[1]) < 5;
    touches.delete(event.pointerId);
    if (!touches.size) { held = null; stage.classList.remove("held"); if (still && end === "pointerup") point(event); }
  });
  stage.addEventListener("pointerleave", (event) => { if (event.pointerType === "touch") return; tip.hidden = true; hover = -1; soon(); });
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
  $("theme").addEventListener("click", () => { themeName = themeName === "dark" ? "light" : "dark"; dress(); afresh(); });
  $("show").addEventListener("click", () => { list.hidden = !list.hidden; });

  function dress() {
    theme = data.themes[themeName]; document.documentElement.dataset.theme = themeName;
    const bar = $("bar").getContext("2d");
    theme.flow.forEach(([r, g, b], i) => { bar.fillStyle = `rgb(${r} ${g} ${b})`; bar.fillRect(Math.floor((i * 150) / 256), 0, 2, 10); });
    for (const mark of document.querySelectorAll(".mark")) mark.style.setProperty("--mark", mark.dataset.answer ? theme.answer : mark.dataset.severity ? theme.severities[Number(mark.dataset.severity)] : theme.types[Number(mark.dataset.type) % theme.types.length]);
  }
  function furnish() {
    levels.forEach((_, i) => { const option = document.createElement("option"); option.value = String(i); option.textContent = data.names[i]; pick.append(option); });
    if (levels.length < 2) pick.hidden = true;
    const last = levels[levels.length - 1], found = last.order.filter((v) => last.severity[v] >= 2 && !last.inner[v]).sort((a, b) => last.severity[b] - last.severity[a] || a - b);
    $("show").textContent = `${found.length.toLocaleString("en")} findings`; $("show").hidden = !found.length;
    for (const v of found.slice(0, 500)) {
      const row = document.createElement("button"), small = document.createElement("small");
      const shape = document.createElement("span");
      shape.className = "mark"; shape.dataset.shape = SHAPES[last.severity[v]]; shape.dataset.severity = String(last.severity[v]);
      row.append(shape, [last.kinds[last.kind[v]], last.labels[v]].filter(Boolean).join(" ")); small.textContent = last.notes[v] || data.severities[last.severity[v]];
      row.append(small); row.addEventListener("click", () => goTo(levels.length - 1, v)); list.append(row);
    }
    const several = last.types.length > 1 && last.present.length > 1, key = $("key");
    $("direction").hidden = several || !last.edges;
    const mark = (text, shape, name, value) => { const span = document.createElement("span"); span.className = "mark"; span.dataset.shape = shape; span.dataset[name] = value; span.textContent = text; key.append(span); };
    if (levels.some((level) => level.chains.length)) mark("the answer", "\u2501", "answer", "yes");
    if (several) last.present.slice(0, 8).forEach((type) => mark(last.types[type] || "other", "\u2501", "type", String(type)));
    for (let s = 4; s >= 2; s--) if (found.some((v) => last.severity[v] === s)) mark(data.severities[s], SHAPES[s], "severity", String(s));
    key.hidden = !key.childElementCount;
  }
  furnish(); dress();
  // A map that takes no time is painted here first: who prints the page as it opens, or takes its picture, has all of it.
  const swift = levels.reduce((sum, level) => sum + level.px.length, 0) < 300000;
  if (swift) { worker.tell({ levels: levels.map(forPainter) }); resize(); frame(); }
  worker = await hired;
  handOver();
  if (!swift) resize();
  document.documentElement.dataset.ready = "yes";
})().catch((error) => { document.body.append(`The drawing could not be read: ${error.message}`); });
