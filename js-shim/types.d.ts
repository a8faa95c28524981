// Constants that the build puts in, from the tables in `src/`. What is false is cut from a paste file.
/** The file's method. */
declare const METHOD: import('./run.mjs').Method;
/** The package's methods. */
declare const METHODS: import('./run.mjs').Method[];
/** Some method of the file knows alarms. */
declare const ALARMS: boolean;
/** Some method may ask for HTTP answers. */
declare const CALLS: boolean;
/** Some method may show telemetry and more of the device. */
declare const TELEMETRY: boolean;
/** How the attributes begin that keep alarms' states. */
declare const STATES: string;
/** The alarm of a device that is silent. */
declare const SILENT: string;
/** How the alarms about faulty trigger rules are named, before the rule's name or number. */
declare const FAULTS: string;
/** The methods of a trigger rule that names none. */
declare const METHODS_IF_NONE: string[];
/** The fields of a trigger rule, in the order of the core's table. */
declare const RULE_FIELDS: string[];
/** The setting of the zone of times shown. */
declare const ZONE: string;
/** The setting that asks for telemetry. */
declare const FIELDS: string;
/** Where the unpacker's memory takes the embedded module; 0: it is not packed. */
declare const PACKED: number;
/** Where that memory has the module then. */
declare const RESULT: number;
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

// The trigger's paste file: its inputs, and the rules at its top.
declare const thingModelId: unknown;
declare const RULES: unknown;

/** What a module imports: nothing in a paste file, wasm-bindgen's glue in the package. */
declare module '#imports' {
  export const imports: WebAssembly.Imports | undefined;
}

/** The package's glue, as wasm-bindgen generates it. */
declare module '#glue' {
  export function __wbg_set_wasm(exports: unknown): void;
  export { explain, newSecret, settings } from '../pkg/index.js';
}

/** wasm2js's output, as the build adapts it. */
declare module '#twin' {
  export function instantiate(): import('./run.mjs').Exports;
}

declare module '#core' {
  export function check(method: string): void;
  /** In WebAssembly only. */
  export function instantiate(method: string): { memory: WebAssembly.Memory };
  export function load(name: 'rpc_script' | 'trigger_script', method: string): (input: string) => string;
}
