#!/usr/bin/env node
declare const SLIPWAY_VERSION: string;
console.log(SLIPWAY_VERSION);
