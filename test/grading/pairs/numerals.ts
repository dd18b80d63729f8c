import type { Pairs } from './pairs.ts';

const tex = String.raw;

export const numerals: Readonly<Record<string, Pairs>> = {
  'thousands separators': {
    same: [
      ['12,345', '12345'],
      ['12345', '12,345'],
      [tex`12,\!345`, '12345'],
      ['12345', '12{,}345'],
      ['12345', tex`12\,345`],
      ['12345', '12 345'],
      ['1,234,567.5', '1234567.5'],
      [tex`12,345 \pi`, tex`12345\pi`],
    ],
    different: [
      ['12,345', '12,346'],
      ['12,345', '12'],
      ['12345', '12, 345'],
    ],
  },
  'numerals with a base': {
    same: [
      ['304_5', '304_{5}'],
      ['304_5', '304'],
      ['304_5', tex`304_{\text{five}}`],
      ['2A_{16}', tex`\text{2A}_{16}`],
    ],
    different: [
      ['304_5', '304_6'],
      ['304_5', '305_5'],
      ['304_5', '79'],
      ['304_5', '403_5'],
    ],
  },
  'bases in words': {
    same: [
      [tex`\log_5 7`, 'log_5(7)'],
      [tex`\log_5 7`, 'log_{5}(7)'],
      [tex`\log_5 7`, 'ln(7)/ln(5)'],
      ['413_5', tex`413 \text{ base } 5`],
      ['413_5', tex`413_{\text{base }5}`],
      ['413_5', tex`413 \text{ (base 5)}`],
      ['413_5', '413 base 5'],
      ['413_5', '413 (base 5)'],
      ['413_5', '(413)_5'],
      ['413_5', '413_{(5)}'],
      ['413_5', tex`413_{\text{base five}}`],
      ['413_5', tex`413_\text{five}`],
      ['413_5', tex`413 \text{ in base } 5`],
      ['413_5', tex`\text{413 base 5}`],
      ['413_5', '413_{five}'],
      ['413_5', tex`413_{\text{ five}}`],
      ['31', '31_{10}'],
      ['31', tex`31_{\text{ten}}`],
      ['31', tex`31 \text{ base } 10`],
    ],
    different: [
      ['413_5', tex`413 \text{ base } 6`],
      ['413_5', tex`413_{\text{six}}`],
      ['413_5', '108'],
      ['413_5', '108_{10}'],
      ['413_5', tex`314 \text{ base } 5`],
      ['31', '31_{8}'],
      ['31', '111_5'],
      ['413_5', '4130_5'],
    ],
  },
  'thousands in formulas': {
    same: [
      [tex`\frac{15000}{7}`, tex`\frac{15,000}{7}`],
      [tex`\frac{15000}{7}`, tex`\dfrac{15{,}000}{7}`],
      [tex`\frac{15000}{7}`, '15,000/7'],
      [tex`\sqrt{15000}`, tex`\sqrt{15,000}`],
      [tex`15000\pi`, tex`15,000\pi`],
      ['2^{1500}', '2^{1,500}'],
      [tex`\frac{1500000}{7}`, tex`\frac{1,500,000}{7}`],
      [tex`\frac{3}{15000}`, tex`\frac{3}{15,000}`],
      ['15000x', '15,000x'],
      ['15000', '15 000'],
    ],
    different: [
      [tex`\frac{15000}{7}`, tex`\frac{15,001}{7}`],
      [tex`\frac{15000}{7}`, tex`\frac{15}{7}`],
      ['15000', '15.000'],
      ['(1,500)', '1500'],
      ['(15,000)', '15'],
      ['(1,234)', '(1234)'],
    ],
  },
  'numbers in words': {
    same: [
      ['27', 'twenty-seven'],
      ['27', tex`\text{Twenty seven}`],
      ['105', tex`\text{one hundred and five}`],
      ['27', tex`27\text{th}`],
      ['27', '27th'],
    ],
    different: [
      ['27', tex`\text{twenty-eight}`],
      ['27', tex`\text{seventy-two}`],
      ['27', tex`\text{seven}`],
      ['27', tex`28\text{th}`],
    ],
  },
};
