import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

// Two pages, one for the shopper and one for the clerk. What is in public/ is
// copied as it is; its .gitkeep keeps dist/ in the repository when it is empty.
export default defineConfig({
  plugins: [svelte()],
  build: {
    target: 'es2022',
    assetsInlineLimit: 0, // the pages' policy allows no data: fonts or scripts
    modulePreload: { polyfill: false },
    rolldownOptions: { input: ['index.html', 'staff.html'] },
  },
});
