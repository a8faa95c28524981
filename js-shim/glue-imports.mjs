// The package's module imports what its tools need of JavaScript: wasm-bindgen's glue, under the name that it gives itself.

import * as glue from '#glue';

export const imports = { './core_bg.js': /** @type {any} */ (glue) };
