#include "planes.h"

#if defined(__x86_64__)
#include <immintrin.h>

// libjpeg turns BGR into planes, and halves those of colour, in passes of their
// own: with the mirroring before them a quarter of an encoder's time. Here one pass
// does it all, 32 pixels at once: 16 in each half of a register, since AVX2 moves
// hardly a byte from one half to the other; their 48 bytes take three registers.

#define AVX2 __attribute__((target("avx2"))) static inline

typedef signed char order[32] __attribute__((aligned(32)));

// What to take of one of three registers for each of 16 bytes; the other two fill
// in where it says -1.
#define BOTH(f, a, b) {HALF(f, a, b), HALF(f, a, b)}
#define HALF(f, a, b) \
	f(0, a, b), f(1, a, b), f(2, a, b), f(3, a, b), f(4, a, b), f(5, a, b), f(6, a, b), f(7, a, b), \
	f(8, a, b), f(9, a, b), f(10, a, b), f(11, a, b), f(12, a, b), f(13, a, b), f(14, a, b), f(15, a, b)
#define NINE(f) \
	{{BOTH(f, 0, 0), BOTH(f, 0, 1), BOTH(f, 0, 2)}, \
	 {BOTH(f, 1, 0), BOTH(f, 1, 1), BOTH(f, 1, 2)}, \
	 {BOTH(f, 2, 0), BOTH(f, 2, 1), BOTH(f, 2, 2)}}

// Pixel x's byte of a colour is byte 3x + colour of the three registers.
#define SPLIT(x, colour, reg) ((3 * (x) + colour) / 16 == reg ? (3 * (x) + colour) % 16 : -1)
#define TURNED(x, colour, reg) SPLIT(15 - (x), colour, reg)
#define JOIN(i, reg, colour) ((16 * reg + (i)) % 3 == colour ? (16 * reg + (i)) / 3 : -1)

static const order split[2][3][3] = {NINE(SPLIT), NINE(TURNED)};
static const order join[3][3] = NINE(JOIN);

// gather merges three registers as the three orders say.
AVX2 __m256i gather(__m256i a, __m256i b, __m256i c, const order o[3]) {
	const __m256i *from = (const __m256i *)o;
	a = _mm256_shuffle_epi8(a, from[0]);
	b = _mm256_shuffle_epi8(b, from[1]);
	c = _mm256_shuffle_epi8(c, from[2]);
	return _mm256_or_si256(_mm256_or_si256(a, b), c);
}

AVX2 __m256i halves(const unsigned char *low, const unsigned char *high) {
	return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)low)),
	                               _mm_loadu_si128((const __m128i *)high), 1);
}

struct pixels {
	__m256i b, g, r;
};

AVX2 struct pixels load(const unsigned char *bgr, int mirror) {
	const unsigned char *low = mirror ? bgr + 48 : bgr, *high = mirror ? bgr : bgr + 48;
	const __m256i p = halves(low, high), q = halves(low + 16, high + 16), r = halves(low + 32, high + 32);
	const order(*to)[3] = split[mirror];
	return (struct pixels){gather(p, q, r, to[0]), gather(p, q, r, to[1]), gather(p, q, r, to[2])};
}

// weigh is Y = 0.299 R + 0.587 G + 0.114 B of 16 pixels, each colour 256-fold; the
// weights are of 65536, so that the products' upper halves are 256-fold again.
// Half a level is added to round, and a 256th for what those leave off.
AVX2 __m256i weigh(__m256i b, __m256i g, __m256i r) {
	__m256i y = _mm256_add_epi16(_mm256_mulhi_epu16(r, _mm256_set1_epi16(19595)),
	                             _mm256_mulhi_epu16(g, _mm256_set1_epi16((short)38470)));
	y = _mm256_add_epi16(y, _mm256_mulhi_epu16(b, _mm256_set1_epi16(7471)));
	return _mm256_srli_epi16(_mm256_add_epi16(y, _mm256_set1_epi16(129)), 8);
}

AVX2 void store_y(unsigned char *to, struct pixels p) {
	const __m256i zero = _mm256_setzero_si256(); // below a byte, it makes that 256-fold
	__m256i low = weigh(_mm256_unpacklo_epi8(zero, p.b), _mm256_unpacklo_epi8(zero, p.g), _mm256_unpacklo_epi8(zero, p.r));
	__m256i high = weigh(_mm256_unpackhi_epi8(zero, p.b), _mm256_unpackhi_epi8(zero, p.g), _mm256_unpackhi_epi8(zero, p.r));
	_mm256_storeu_si256((__m256i *)to, _mm256_packus_epi16(low, high));
}

// sums adds up the squares of 2 × 2 pixels, 32-fold: their mean 128-fold.
AVX2 __m256i sums(__m256i upper, __m256i lower) {
	const __m256i one = _mm256_set1_epi8(1);
	return _mm256_slli_epi16(_mm256_add_epi16(_mm256_maddubs_epi16(upper, one), _mm256_maddubs_epi16(lower, one)), 5);
}

// tint is 128 + 0.5 own − v other − w green, of means that are 128-fold; the
// weights are of 32768. Halves go down, so that 255.5 stays within a byte.
AVX2 __m256i tint(__m256i own, __m256i other, __m256i green, short v, short w) {
	__m256i c = _mm256_add_epi16(_mm256_srli_epi16(own, 1), _mm256_set1_epi16(128 * 128 + 63));
	c = _mm256_sub_epi16(c, _mm256_mulhrs_epi16(other, _mm256_set1_epi16(v)));
	c = _mm256_sub_epi16(c, _mm256_mulhrs_epi16(green, _mm256_set1_epi16(w)));
	return _mm256_srli_epi16(c, 7);
}

__attribute__((target("avx2"))) void planes_split(const unsigned char *upper, const unsigned char *lower, int width,
                                                  int mirror, unsigned char *const y[2], unsigned char *cb,
                                                  unsigned char *cr) {
	mirror = mirror != 0;
	for (int done = 0; done < width; done += 32) {
		const int x = done < width - 32 ? done : width - 32; // the last 32 may overlap those before
		const int from = 3 * (mirror ? width - 32 - x : x);
		const struct pixels p = load(upper + from, mirror), q = load(lower + from, mirror);
		store_y(y[0] + x, p);
		store_y(y[1] + x, q);
		const __m256i b = sums(p.b, q.b), g = sums(p.g, q.g), r = sums(p.r, q.r);
		// 0.168736 and 0.331264 of Cb, 0.081312 and 0.418688 of Cr.
		__m256i both = _mm256_packus_epi16(tint(b, r, g, 5529, 10855), tint(r, b, g, 2664, 13720));
		both = _mm256_permute4x64_epi64(both, _MM_SHUFFLE(3, 1, 2, 0));
		_mm_storeu_si128((__m128i *)(cb + x / 2), _mm256_castsi256_si128(both));
		_mm_storeu_si128((__m128i *)(cr + x / 2), _mm256_extracti128_si256(both, 1));
	}
}

// shift is what a colour has more than the brightness, for pixels side by side:
// what to add to the byte and what to take away, of which one is nothing.
struct shift {
	__m256i more, less;
};

AVX2 struct shift shift(__m256i by) {
	const __m256i both = _mm256_packus_epi16(by, _mm256_sub_epi16(_mm256_setzero_si256(), by));
	return (struct shift){_mm256_unpacklo_epi8(both, both), _mm256_unpackhi_epi8(both, both)};
}

AVX2 __m256i shifted(__m256i y, struct shift s) { return _mm256_subs_epu8(_mm256_adds_epu8(y, s.more), s.less); }

// part is a share, of 32768, of each number, rounded.
AVX2 __m256i part(__m256i of, short share) { return _mm256_mulhrs_epi16(of, _mm256_set1_epi16(share)); }

// tints loads 16 samples, of which 0 is no colour.
AVX2 __m256i tints(const unsigned char *c) {
	return _mm256_sub_epi16(_mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)c)), _mm256_set1_epi16(128));
}

AVX2 void store_halves(unsigned char *low, __m256i v) {
	_mm_storeu_si128((__m128i *)low, _mm256_castsi256_si128(v));
	_mm_storeu_si128((__m128i *)(low + 48), _mm256_extracti128_si256(v, 1));
}

__attribute__((target("avx2"))) void planes_join(unsigned char *const y[], const unsigned char *cb,
                                                 const unsigned char *cr, int width, int rows, unsigned char *bgr) {
	for (int done = 0; done < width; done += 32) {
		const int x = done < width - 32 ? done : width - 32; // the last 32 may overlap those before
		const __m256i u = tints(cb + x / 2), v = tints(cr + x / 2);
		// B = Y + 1.772 Cb, R = Y + 1.402 Cr.
		const struct shift blue = shift(_mm256_add_epi16(_mm256_slli_epi16(u, 1), part(u, -7471)));
		const struct shift red = shift(_mm256_add_epi16(v, part(v, 13173)));
		// G = Y − 0.344136 Cb − 0.714136 Cr, rounded once: 128-fold till then.
		__m256i g = _mm256_add_epi16(part(_mm256_slli_epi16(u, 7), -11277), part(_mm256_slli_epi16(v, 7), -23401));
		const struct shift green = shift(_mm256_srai_epi16(_mm256_add_epi16(g, _mm256_set1_epi16(64)), 7));
		for (int i = 0; i < rows; i++) {
			const __m256i light = _mm256_loadu_si256((const __m256i *)(y[i] + x));
			const __m256i b = shifted(light, blue), g = shifted(light, green), r = shifted(light, red);
			unsigned char *to = bgr + 3 * ((long)width * i + x);
			store_halves(to, gather(b, g, r, join[0]));
			store_halves(to + 16, gather(b, g, r, join[1]));
			store_halves(to + 32, gather(b, g, r, join[2]));
		}
	}
}

int planes_ready(void) { return __builtin_cpu_supports("avx2") != 0; }

#else

int planes_ready(void) { return 0; }

void planes_split(const unsigned char *upper, const unsigned char *lower, int width, int mirror, unsigned char *const y[2],
                  unsigned char *cb, unsigned char *cr) {
	(void)upper, (void)lower, (void)width, (void)mirror, (void)y, (void)cb, (void)cr;
}

void planes_join(unsigned char *const y[], const unsigned char *cb, const unsigned char *cr, int width, int rows,
                 unsigned char *bgr) {
	(void)y, (void)cb, (void)cr, (void)width, (void)rows, (void)bgr;
}

#endif
