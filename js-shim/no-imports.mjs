// A paste file's module imports nothing.

export const imports = undefined;
