#include "jpeg.h"

#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <jpeglib.h>

#ifndef JCS_EXTENSIONS
#error "libjpeg-turbo is needed: this libjpeg cannot read BGR"
#endif

struct failure {
	struct jpeg_error_mgr base;
	jmp_buf back;
	char *reason;
};

static void fail(j_common_ptr c) {
	struct failure *f = (struct failure *)c->err;
	char text[JMSG_LENGTH_MAX];
	f->base.format_message(c, text);
	snprintf(f->reason, JPEG_REASON, "%s", text);
	longjmp(f->back, 1);
}

static void warn(j_common_ptr c, int level) {
	(void)c;
	(void)level;
}

// full is called when there is no more room; an empty reason tells that apart
// from a failure.
static boolean full(j_compress_ptr c) {
	longjmp(((struct failure *)c->err)->back, 1);
	return FALSE;
}

static void nothing(j_compress_ptr c) { (void)c; }

#if defined(__x86_64__)
typedef unsigned char bytes16 __attribute__((vector_size(16)));

// turn_fives writes pixels from the row's end in reverse order, five at once (a
// sixteenth byte is overwritten by what follows), and returns how many.
__attribute__((target("ssse3"))) static int turn_fives(unsigned char *dst, const unsigned char *src, int width) {
	const bytes16 order = {13, 14, 15, 10, 11, 12, 7, 8, 9, 4, 5, 6, 1, 2, 3, 0};
	int x = 0;
	for (; x + 6 <= width; x += 5) {
		bytes16 pixels;
		memcpy(&pixels, src + 3 * (width - x) - 16, 16);
		pixels = __builtin_shuffle(pixels, order);
		memcpy(dst + 3 * x, &pixels, 16);
	}
	return x;
}
#endif

// turn writes the row's pixels in reverse order: but for the first and the last
// four bytes at once, of which the next pixel overwrites the fourth.
static void turn(unsigned char *dst, const unsigned char *src, int width) {
	int x = 0;
#if defined(__x86_64__)
	if (__builtin_cpu_supports("ssse3"))
		x = turn_fives(dst, src, width);
#endif
	if (x == 0)
		memcpy(dst + 3 * x++, src + 3 * (width - 1), 3);
	for (; x < width - 1; x++)
		memcpy(dst + 3 * x, src + 3 * (width - 1 - x), 4);
	if (x < width)
		memcpy(dst + 3 * x, src, 3);
}

long jpeg_encode(const unsigned char *bgr, int width, int height, int quality, int mirror,
                 unsigned char *out, size_t size, char *reason) {
	struct jpeg_compress_struct c;
	struct failure f;
	struct jpeg_destination_mgr dest = {out, size, nothing, full, nothing};

	reason[0] = 0;
	c.err = jpeg_std_error(&f.base);
	f.base.error_exit = fail;
	f.base.emit_message = warn;
	f.reason = reason;
	jpeg_create_compress(&c);
	if (setjmp(f.back)) {
		jpeg_destroy_compress(&c);
		return reason[0] ? -1 : 0;
	}
	c.dest = &dest;
	c.image_width = width;
	c.image_height = height;
	c.input_components = 3;
	c.in_color_space = JCS_EXT_BGR;
	jpeg_set_defaults(&c);
	jpeg_set_quality(&c, quality, TRUE);
	jpeg_start_compress(&c, TRUE);
	JSAMPROW turned = NULL;
	if (mirror)
		turned = c.mem->alloc_small((j_common_ptr)&c, JPOOL_IMAGE, 3 * (size_t)width);
	while (c.next_scanline < c.image_height) {
		JSAMPROW row = (JSAMPROW)bgr + (size_t)3 * width * c.next_scanline;
		if (mirror) {
			turn(turned, row, width);
			row = turned;
		}
		jpeg_write_scanlines(&c, &row, 1);
	}
	jpeg_finish_compress(&c);
	jpeg_destroy_compress(&c);
	return (long)(size - dest.free_in_buffer);
}
