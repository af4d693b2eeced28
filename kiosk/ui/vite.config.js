import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

const brotli = promisify(zlib.brotliCompress);
const gzip = promisify(zlib.gzip);

/** compressed puts a brotli and a gzip form beside every asset that shrinks, for the gateway to send: browsers ask for brotli only where the line is safe. */
const compressed = {
  name: 'compressed',
  apply: 'build',
  async writeBundle({ dir }) {
    const folder = join(dir, 'assets');
    for (const file of await readdir(folder)) {
      if (!/\.(js|css|svg)$/.test(file)) continue;
      const body = await readFile(join(folder, file));
      await writeFile(join(folder, `${file}.br`), await brotli(body));
      await writeFile(join(folder, `${file}.gz`), await gzip(body, { level: 9 }));
    }
  },
};

// Three pages: for the shopper, for the clerk, and for who installs the machine. What is in public/ is
// copied as it is; its .gitkeep keeps dist/ in the repository when it is empty.
export default defineConfig({
  plugins: [svelte(), compressed],
  build: {
    target: 'es2022',
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'], // light-dark() is theirs
    assetsInlineLimit: 0, // the pages' policy allows no data: fonts or scripts
    modulePreload: { polyfill: false },
    rolldownOptions: { input: ['index.html', 'staff.html', 'setup.html'] },
  },
});
