// AntV G6's bundling on one graph: node g6.js GRAPH.json, with @antv/g6-plugin and jsdom in node_modules beside NODE_PATH.
"use strict";
const { JSDOM } = require("jsdom");
const page = new JSDOM("<!doctype html><body></body>").window;
Object.assign(globalThis, { window: page, document: page.document, HTMLElement: page.HTMLElement, Element: page.Element, Node: page.Node });
const Bundling = require("@antv/g6-plugin/lib/bundling").default;
const { nodes, edges } = JSON.parse(require("fs").readFileSync(process.argv[2], "utf8"));
const bundling = new Bundling({});
bundling.set("graph", { refresh() {} });
const began = process.hrtime.bigint(), used = process.cpuUsage();
bundling.bundling({ nodes, edges });
const wall = Number(process.hrtime.bigint() - began) / 1e9, { user, system } = process.cpuUsage(used);
if (!(edges[0].controlPoints.length > 2)) throw new Error("nothing was bundled");
console.log(JSON.stringify({ wall, cpu: (user + system) / 1e6, megabytes: process.memoryUsage().rss / 1e6 }));
