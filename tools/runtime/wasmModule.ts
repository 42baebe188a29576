// Reads and writes modules of WebAssembly, as far as functions can be moved between them without looking into their code.

/** Kinds of sections (WebAssembly specification, 5.5.2). */
export const SECTION = {
    custom: 0,
    type: 1,
    import: 2,
    function: 3,
    table: 4,
    global: 6,
    export: 7,
    start: 8,
    element: 9,
    code: 10,
    data: 11,
    dataCount: 12,
} as const;

/** Kinds of imports and exports. */
export const KIND = { function: 0, table: 1, memory: 2, global: 3 } as const;

export const OP = {
    ifVoid: [0x04, 0x40],
    end: [0x0b],
    callIndirect: 0x11,
    localGet: 0x20,
    localTee: 0x22,
    tableGet: [0x25, 0x00],
    i32Const: 0x41,
    refIsNull: [0xd1],
} as const;

export const FUNCREF = 0x70;
export const I32 = 0x7f;
const FUNCTION_TYPE = 0x60;
const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

/** What splitting a module needs to know of it. Functions are counted without the imported ones, types and globals as they stand. */
export interface WasmModule {
    sections: readonly Section[];
    types: readonly FunctionType[];
    importedFunctions: number;
    /** Type of every function. */
    functionTypes: readonly number[];
    /** Code of every function: locals and instructions. */
    bodies: readonly Uint8Array[];
    tableSize: number;
    globals: readonly { type: number; isMutable: number }[];
    /** Indices of the exported functions, the imported ones counted. */
    exports: ReadonlyMap<string, number>;
    /** The function that runs when the module is instantiated; -1 if there is none. */
    start: number;
}

export interface Section {
    id: number;
    data: Uint8Array;
}

export interface FunctionType {
    parameters: Uint8Array;
    results: Uint8Array;
}

/** Anything that is written into a module. */
export type Bytes = readonly number[] | Uint8Array;

class Reader {
    public at = 0;

    public constructor(private readonly _bytes: Uint8Array) {}

    public get isAtEnd(): boolean {
        return this.at >= this._bytes.length;
    }

    public byte(): number {
        return this._bytes[this.at++];
    }

    /** An unsigned LEB128 number. */
    public number(): number {
        let value = 0;
        for (let scale = 1; ; scale *= 128) {
            const byte = this.byte();
            value += (byte & 127) * scale;
            if (byte < 128) {
                return value;
            }
        }
    }

    /** So many bytes, with their count before them if it is not given. */
    public bytes(count = this.number()): Uint8Array {
        return this._bytes.subarray(this.at, (this.at += count));
    }

    public rest(): Uint8Array {
        return this._bytes.subarray(this.at);
    }
}

/** @throws Error where the module has what is not expected here: imports other than functions and memories, several tables, or unknown limits */
export function readWasm(bytes: Uint8Array): WasmModule {
    const reader = new Reader(bytes);
    reader.at = HEADER.length;
    const sections: Section[] = [];
    while (!reader.isAtEnd) {
        sections.push({ id: reader.byte(), data: reader.bytes() });
    }
    const open = (id: number): Reader =>
        new Reader(sections.find((section) => section.id === id)?.data ?? Uint8Array.of(0));
    const list = <T>(of: Reader, read: (from: Reader) => T): T[] => Array.from({ length: of.number() }, () => read(of));
    return {
        sections,
        types: list(open(SECTION.type), readType),
        importedFunctions: countImportedFunctions(open(SECTION.import)),
        functionTypes: list(open(SECTION.function), (from) => from.number()),
        bodies: list(open(SECTION.code), (from) => from.bytes()),
        tableSize: readTableSize(open(SECTION.table)),
        globals: list(open(SECTION.global), readGlobal),
        exports: new Map(
            list(open(SECTION.export), readExport)
                .filter(({ kind }) => kind === KIND.function)
                .map(({ name, index }) => [name, index])
        ),
        start: sections.some(({ id }) => id === SECTION.start) ? open(SECTION.start).number() : -1,
    };
}

function readType(from: Reader): FunctionType {
    expect(from.byte(), FUNCTION_TYPE, "type");
    return { parameters: from.bytes(), results: from.bytes() };
}

function countImportedFunctions(from: Reader): number {
    let functions = 0;
    for (let left = from.number(); left > 0; left--) {
        from.bytes();
        from.bytes();
        const kind = from.byte();
        if (kind === KIND.function) {
            functions++;
            from.number();
        } else {
            expect(kind, KIND.memory, "import");
            const hasMaximum = from.byte() & 1;
            from.number();
            if (hasMaximum) {
                from.number();
            }
        }
    }
    return functions;
}

function readTableSize(from: Reader): number {
    expect(from.number(), 1, "number of tables");
    expect(from.byte(), FUNCREF, "table");
    const hasMaximum = from.byte();
    const size = from.number();
    expect(hasMaximum ? from.number() : size, size, "maximum of the table");
    return size;
}

function readGlobal(from: Reader): WasmModule["globals"][number] {
    const global = { type: from.byte(), isMutable: from.byte() };
    // The constant that it begins with.
    while (from.byte() !== OP.end[0]);
    return global;
}

function readExport(from: Reader): { name: string; kind: number; index: number } {
    return { name: new TextDecoder().decode(from.bytes()), kind: from.byte(), index: from.number() };
}

function expect(found: number, wanted: number, what: string): void {
    if (found !== wanted) {
        throw new Error(`The module's ${what} is ${found}, ${wanted} is known here: wasmModule.ts must learn it.`);
    }
}

/** The unsigned LEB128 number at the beginning of `bytes`. */
export function readUnsigned(bytes: Uint8Array): number {
    return new Reader(bytes).number();
}

/** An unsigned LEB128 number. */
export function unsigned(value: number): number[] {
    const bytes = [];
    for (; value > 127; value = Math.floor(value / 128)) {
        bytes.push((value % 128) + 128);
    }
    return [...bytes, value];
}

/** `i32.const value`, of a value from 0 up. */
export function constant(value: number): number[] {
    const bytes = unsigned(value);
    // The last byte's second bit is the sign.
    if (bytes.at(-1)! & 64) {
        bytes[bytes.length - 1] += 128;
        bytes.push(0);
    }
    return [OP.i32Const, ...bytes];
}

export function name(text: string): number[] {
    const bytes = new TextEncoder().encode(text);
    return [...unsigned(bytes.length), ...bytes];
}

/** `parts` with the count of their bytes before them. */
export function sized(...parts: Bytes[]): Uint8Array {
    const body = join(parts);
    return join([unsigned(body.length), body]);
}

/** A section that lists entries. */
export function listSection(id: number, entries: readonly Bytes[]): Uint8Array {
    return copied({ id, data: listed(entries) });
}

/** What such a section has in it. */
export function listed(entries: readonly Bytes[]): Uint8Array {
    return join([unsigned(entries.length), ...entries]);
}

/** The section of a module as it is. */
export function copied({ id, data }: Section): Uint8Array {
    return join([[id], sized(data)]);
}

/** The section of a module with entries added at its end. */
export function extended({ id, data }: Section, entries: readonly Bytes[]): Uint8Array {
    const reader = new Reader(data);
    const count = reader.number() + entries.length;
    return join([[id], sized(unsigned(count), reader.rest(), ...entries)]);
}

export function writeWasm(sections: readonly Bytes[]): Uint8Array {
    return join([HEADER, ...sections]);
}

function join(parts: readonly Bytes[]): Uint8Array {
    const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
    let at = 0;
    for (const part of parts) {
        bytes.set(part, at);
        at += part.length;
    }
    return bytes;
}
