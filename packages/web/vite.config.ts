import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

// biome-ignore lint/style/noDefaultExport: Vite wants it so
export default defineConfig({
  base: '/',
  plugins: [react()],
  resolve: {
    alias: {
      // The Content-Security-Policy allows no code made at run time, and this would try.
      'typebox/compile': path('src/platform/closure-validator.ts'),
      'typebox/value': path('src/platform/closure-validator.ts'),
    },
  },
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false },
    // Never a data: URL where a file will do.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1_000,
    rollupOptions: {
      input: { index: path('index.html'), sw: path('src/zip/service-worker.ts') },
      output: {
        // A service worker rules the folder that it lies in, under a name that stays.
        entryFileNames: ({ name }) => (name === 'sw' ? 'sw.js' : 'assets/[name]-[hash].js'),
      },
    },
  },
});
