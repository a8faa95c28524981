// Constants that the build puts in: which parts a preset needs. What is false is cut from its paste file.
/** The preset's name, in a paste file. */
declare const PRESET: string;
/** Messages may show telemetry values. */
declare const TELEMETRY: boolean;
/** The preset knows alarms. */
declare const ALARMS: boolean;
/** The preset may ask for HTTP answers. */
declare const CALLS: boolean;
/** Where the unpacker's memory takes the embedded module; 0: it is not packed. */
declare const PACKED: number;
/** The embedded module: packed, or one byte a character. */
declare const LITERAL: string;
/** The module that unpacks, one byte a character. */
declare const UNPACKER: string;

// The inputs of a paste file: globals or parameters of the function it is the body of; each may be missing.
declare const device: unknown;
declare const params: unknown;
declare const alarms: unknown;
declare const logger: unknown;
declare const org_params: unknown;
declare const axios: unknown;

/** wasm-bindgen's glue, as the build cuts it. */
declare module '#glue' {
  export interface Exports {
    m: { buffer: ArrayBuffer };
    /** Allocates: size, alignment. */
    a(size: number, align: number): number;
    /** Runs: start and length of the input; the outcome's place in the glue's list of values. */
    r(start: number, length: number): number;
    /** The settings, in the package: their place in the list. */
    s(): number;
    /** What a code means, in the package: channel, code, message as UTF-8; the answer's place in the list. */
    e(channel: number, channelLength: number, code: number, message: number, messageLength: number): number;
  }
  export const imports: WebAssembly.ModuleImports;
  export function attach(core: Exports): void;
  export function take<T>(index: number): T;
  export function forget(): void;
}

/** wasm2js's output, as the build cuts it. */
declare module '#twin' {
  export function instantiate(imports: { i: WebAssembly.ModuleImports }): import('#glue').Exports;
}

declare module '#core' {
  export function check(preset: string): void;
  export function load(preset: string): import('./run.mjs').Core;
  export function fresh(preset: string): import('#glue').Exports;
}

// The trigger's paste file: its inputs, and the rules at its top.
declare const thingModelId: unknown;
declare const RULES: unknown;
