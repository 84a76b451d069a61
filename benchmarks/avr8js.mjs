// SPDX-License-Identifier: GPL-3.0-or-later
// avr8js.mjs - avr8js executes an image: usage: node avr8js.mjs MODULE HEX SECONDS; prints cycles and CPU seconds
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const [module, hex, seconds] = process.argv.slice(2);
const { CPU, AVRIOPort, AVRTimer, AVRUSART, avrInstruction, portBConfig, portCConfig, portDConfig, timer0Config,
        timer1Config, timer2Config, usart0Config } = createRequire(import.meta.url)(module);

const flash = new Uint8Array(0x8000).fill(0xff);
for (const line of readFileSync(hex, "ascii").split(/\r?\n/)) {
  if (line.startsWith(":") && line.slice(7, 9) === "00") {
    const at = parseInt(line.slice(3, 7), 16);
    for (let i = 0; i < parseInt(line.slice(1, 3), 16); i++) {
      flash[at + i] = parseInt(line.slice(9 + 2 * i, 11 + 2 * i), 16);
    }
  }
}

const cpu = new CPU(new Uint16Array(flash.buffer));
[portBConfig, portCConfig, portDConfig].forEach((config) => new AVRIOPort(cpu, config));
[timer0Config, timer1Config, timer2Config].forEach((config) => new AVRTimer(cpu, config));
new AVRUSART(cpu, usart0Config, 16e6);

function run(cycles) {
  const end = cpu.cycles + cycles;
  while (cpu.cycles < end) {
    avrInstruction(cpu);
    cpu.tick();
  }
}

run(16e6); // its compiler warms up
const before = process.cpuUsage(), from = cpu.cycles;
run(16e6 * Number(seconds));
const took = process.cpuUsage(before);
console.log(cpu.cycles - from, (took.user + took.system) / 1e6);
