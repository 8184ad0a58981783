/**
 * Property testing, for all tests: values are made up, and a failing one is made small.
 *
 * @module
 */

export { default } from "npm:fast-check@^4";
export * from "npm:fast-check@^4";
