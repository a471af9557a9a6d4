// Preloaded into a process under test: its wall clock is VALISE_TEST_SHIFT_MS away from the real one.
const shift = Number(process.env.VALISE_TEST_SHIFT_MS ?? 0);
const RealDate = Date;

globalThis.Date = class extends RealDate {
  constructor(...given) {
    if (given.length === 0) super(RealDate.now() + shift);
    else super(...given);
  }

  static now() {
    return RealDate.now() + shift;
  }
};
