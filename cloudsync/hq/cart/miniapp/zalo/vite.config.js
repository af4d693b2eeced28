// Zalo's own plugin writes app-config.json beside the pages, as the host wants it.
import { defineConfig } from 'vite';
import zalo from 'zmp-vite-plugin';

export default defineConfig({
  base: '',
  plugins: [zalo()],
  build: { outDir: 'www', assetsInlineLimit: 0 },
  server: { fs: { allow: ['..'] } }, // what both mini programs share
});
