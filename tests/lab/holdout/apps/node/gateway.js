// A gateway: checks its upstream once at the start (a rejection ends it, as Node does since 15), then proxies.
const http = require('http');
const upstream = process.env.UPSTREAM;
const port = parseInt(process.env.PORT || '3000', 10);

function get(url) {
  return new Promise((resolve, reject) => {
    http.get(url, { timeout: 5000 }, (res) => { res.resume(); res.on('end', () => resolve(res.statusCode)); })
      .on('timeout', function () { this.destroy(new Error(`timeout of 5000ms exceeded: ${url}`)); })
      .on('error', reject);
  });
}

async function main() {
  console.log(`[gateway] starting, upstream ${upstream}`);
  if (process.env.CHECK !== 'off') console.log(`[gateway] upstream answered ${await get(upstream)}`);
  http.createServer((req, res) => {
    if (req.url === '/live') { res.end('alive\n'); return; }
    get(upstream).then((code) => { res.statusCode = code; res.end(); })
      .catch((err) => { console.error('[gateway] upstream error', err); res.statusCode = 502; res.end('Bad Gateway\n'); });
  }).listen(port, () => console.log(`[gateway] listening on :${port}`));
}
main();
