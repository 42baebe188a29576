// Splits a module of WebAssembly in two: functions that are always needed, and the rest, which is loaded when one of it is called.
//
// Both parts count functions, types and globals as the whole did, so code is moved as it is. A function that lies in the other part
// has a stand-in, which calls it through the table: the functions' own slots lie behind those that the module had. Until the rest is
// loaded its slots are empty; a stand-in that finds its slot so calls the loader (src/recovery/splitRuntime.ts) first.

import { HOOK, LOADER, SHARED, TABLE } from "../../src/recovery/splitRuntime";
import { findConvolutionHook } from "./convolutionHook";
import {
    constant,
    copied,
    extended,
    FUNCREF,
    I32,
    KIND,
    listSection,
    name,
    OP,
    SECTION,
    sized,
    unsigned,
    writeWasm,
    type Bytes,
    type FunctionType,
    type Section,
    type WasmModule,
} from "./wasmModule";

export interface SplitWasm {
    core: Uint8Array;
    rest: Uint8Array;
}

/** Slots of the table, after those that the module had: the loader, one for a convolution of ours, and one for every function. */
interface Slots {
    loader: number;
    functions: number;
    size: number;
}

/** @param each slots of every function */
function slotsOf({ tableSize, bodies }: WasmModule, each: number): Slots {
    const functions = tableSize + 2;
    return { loader: tableSize, functions, size: functions + each * bodies.length };
}

/**
 * @param kept the functions that the core has: that which runs at instantiation with all that it calls, and those that name data
 * segments, must be among them
 */
export function splitWasm(module: WasmModule, kept: ReadonlySet<number>): SplitWasm {
    const slots = slotsOf(module, 1);
    const isKept = (index: number): boolean => kept.has(index);
    const isMoved = (index: number): boolean => !kept.has(index);
    return {
        core: writeCore(module, slots, isKept),
        rest: writeRest(
            module,
            slots.size,
            module.functionTypes,
            filledSlots(module, isMoved, slots.functions, 0),
            module.bodies.map((body, index) => sized(isMoved(index) ? body : forward(module, slots, index)))
        ),
    };
}

/**
 * The same, of which every function that is called tells so: the rest holds stand-ins of its own before its functions, and the loader
 * is called with the slot of each at its first call, and has to copy what it should hold there.
 * @returns besides, how far behind a function's slot that is which holds it
 */
export function traceWasm(module: WasmModule, kept: ReadonlySet<number>): SplitWasm & { slots: Slots; offset: number } {
    const count = module.bodies.length;
    const slots = slotsOf(module, 2);
    const isKept = (index: number): boolean => kept.has(index);
    const stands = module.bodies.map((_, index) =>
        sized(isKept(index) ? forward(module, slots, index) : loading(module, slots, index))
    );
    const bodies = module.bodies.map((body, index) => sized(isKept(index) ? forward(module, slots, index) : body));
    const types = [...module.functionTypes, ...module.functionTypes];
    const elements = filledSlots(module, (index) => !isKept(index), slots.functions + count, count);
    return {
        core: writeCore(module, slots, isKept),
        rest: writeRest(module, slots.size, types, elements, [...stands, ...bodies]),
        slots,
        offset: count,
    };
}

function writeCore(module: WasmModule, slots: Slots, isKept: (index: number) => boolean): Uint8Array {
    const globals = module.globals.length;
    const sections = module.sections.filter(({ id }) => id !== SECTION.custom);
    return writeWasm(
        sections.map((section) => {
            switch (section.id) {
                case SECTION.table:
                    return listSection(section.id, [tableType(slots.size)]);
                case SECTION.global:
                    return extended(section, [
                        [I32, 0, ...constant(slots.loader), ...OP.end],
                        [I32, 0, ...constant(findConvolutionHook(module)), ...OP.end],
                    ]);
                case SECTION.export:
                    return extended(section, [
                        [...name(TABLE), KIND.table, 0],
                        [...name(LOADER), KIND.global, ...unsigned(globals)],
                        [...name(HOOK), KIND.global, ...unsigned(globals + 1)],
                        ...module.globals.map((_, i) => [...name(globalName(i)), KIND.global, ...unsigned(i)]),
                    ]);
                case SECTION.element:
                    return extended(section, filledSlots(module, isKept, slots.functions, 0));
                case SECTION.code:
                    return listSection(
                        section.id,
                        module.bodies.map((body, i) => sized(isKept(i) ? body : loading(module, slots, i)))
                    );
                default:
                    return copied(section);
            }
        })
    );
}

/** @param tableSize of the core's table, with all slots */
function writeRest(
    { sections, globals }: WasmModule,
    tableSize: number,
    functionTypes: readonly number[],
    elements: Bytes[],
    code: Bytes[]
): Uint8Array {
    const shared = [
        [...name(SHARED), ...name(TABLE), KIND.table, ...tableType(tableSize)],
        ...globals.map(({ type, isMutable }, i) => [
            ...name(SHARED),
            ...name(globalName(i)),
            KIND.global,
            type,
            isMutable,
        ]),
    ];
    const section = (id: number): Section => sections.find((one) => one.id === id)!;
    return writeWasm([
        copied(section(SECTION.type)),
        extended(section(SECTION.import), shared),
        listSection(SECTION.function, functionTypes.map(unsigned)),
        listSection(SECTION.element, elements),
        listSection(SECTION.code, code),
    ]);
}

/** What the core exports one of its globals as. */
export const globalName = (index: number): string => `split.global${index}`;

/** With as many slots as it will ever have. */
function tableType(size: number): number[] {
    return [FUNCREF, 1, ...unsigned(size), ...unsigned(size)];
}

/** Element segments that put the wanted functions into their slots. */
function filledSlots(
    { bodies, importedFunctions }: WasmModule,
    isWanted: (index: number) => boolean,
    firstSlot: number,
    firstFunction: number
): Bytes[] {
    const segments: Bytes[] = [];
    for (let from = 0; from < bodies.length;) {
        let to = from;
        while (to < bodies.length && isWanted(to)) {
            to++;
        }
        if (to > from) {
            const functions = Array.from({ length: to - from }, (_, i) =>
                unsigned(importedFunctions + firstFunction + from + i)
            );
            segments.push([0, ...constant(firstSlot + from), ...OP.end, ...unsigned(to - from), ...functions.flat()]);
        }
        from = to + 1;
    }
    return segments;
}

/** Code that calls a function of the other part. */
function forward({ types, functionTypes }: WasmModule, slots: Slots, index: number): number[] {
    const type = functionTypes[index];
    return [0, ...handOn(types[type]), ...constant(slots.functions + index), ...callIndirect(type), ...OP.end];
}

/** The same, which calls the loader with the function's slot if that is empty. The slot alone tells one of a type from another. */
function loading({ types, functionTypes }: WasmModule, slots: Slots, index: number): number[] {
    const type = functionTypes[index];
    const slot = unsigned(types[type].parameters.length);
    return [
        ...[1, 1, I32],
        ...constant(slots.functions + index),
        OP.localTee,
        ...slot,
        ...OP.tableGet,
        ...OP.refIsNull,
        ...OP.ifVoid,
        OP.localGet,
        ...slot,
        ...constant(slots.loader),
        ...callIndirect(types.findIndex(isLoaders)),
        ...OP.end,
        ...handOn(types[type]),
        OP.localGet,
        ...slot,
        ...callIndirect(type),
        ...OP.end,
    ];
}

function handOn({ parameters }: FunctionType): number[] {
    return Array.from(parameters, (_, i) => [OP.localGet, ...unsigned(i)]).flat();
}

function isLoaders({ parameters, results }: FunctionType): boolean {
    return parameters.length === 1 && parameters[0] === I32 && results.length === 0;
}

function callIndirect(type: number): number[] {
    return [OP.callIndirect, ...unsigned(type), 0];
}
