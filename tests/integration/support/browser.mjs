// Chromium without a screen, and the folder of a web application served to it on a free loopback port.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { existsSync } from 'node:fs';
import { extname, join, normalize } from 'node:path';
import { chromium } from '../../viewers/node_modules/playwright-core/index.mjs';
import { removeFolder, temporaryFolder } from './processes.mjs';

const types = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.css': 'text/css', '.json': 'application/json',
  '.wasm': 'application/wasm', '.svg': 'image/svg+xml', '.png': 'image/png', '.ico': 'image/x-icon', '.woff2': 'font/woff2' };

/// Serves `folder`; `files` are given in its stead, by path. Every other path is the application's own: index.html.
export async function serveApplication(folder, files = {}) {
  const server = createServer(async (request, answer) => {
    const path = normalize(decodeURIComponent(new URL(request.url, 'http://localhost').pathname));
    const name = path !== '/' && existsSync(join(folder, path)) ? path : '/index.html';
    try {
      const body = files[path]?.() ?? await readFile(join(folder, name));
      answer.writeHead(200, { 'Content-Type': types[extname(files[path] ? path : name)] ?? 'application/octet-stream' });
      answer.end(body);
    } catch (error) {
      answer.writeHead(500).end(String(error));
    }
  });
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    stop: () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }),
  };
}

/// A browser with a profile of its own that reaches nothing but loopback. `requests` collects {method, url, headers, status}
/// of all that its page asked for, `complaints` what it wrote to the console as an error.
export async function startBrowser() {
  const folder = temporaryFolder('browser');
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: '/usr/bin/chromium', headless: true, viewport: { width: 1280, height: 800 },
    args: ['--no-sandbox', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
      '--disable-sync', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1'],
  });
  const page = context.pages()[0] ?? await context.newPage();
  const requests = [];
  const complaints = [];
  page.on('request', (request) => requests.push({ request, method: request.method(), url: request.url(), headers: request.headers() }));
  page.on('response', (answer) => {
    const one = requests.find((r) => r.request === answer.request());
    if (one) one.status = answer.status();
  });
  page.on('console', (message) => { if (message.type() === 'error') complaints.push(message.text()); });
  page.on('pageerror', (error) => complaints.push(String(error)));
  return { page, requests, complaints,
    stop: async () => {
      await context.close();
      removeFolder(folder);
    } };
}
