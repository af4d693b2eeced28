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

// turn writes the row's pixels in reverse order. It moves four bytes at once,
// of which the next pixel overwrites the last: dst has a byte more than src.
static void turn(unsigned char *dst, const unsigned char *src, int width) {
	const unsigned char *from = src + 3 * (width - 1);
	memcpy(dst, from, 3);
	for (int x = 1; x < width; x++) {
		from -= 3;
		dst += 3;
		memcpy(dst, from, 4);
	}
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
		turned = c.mem->alloc_small((j_common_ptr)&c, JPOOL_IMAGE, 3 * (size_t)width + 1);
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
