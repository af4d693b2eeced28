package look

// simplified leaves out the points of a line without which it is nowhere further
// than off from where it was (Douglas and Peucker, 1973). Its ends stay.
func simplified(line []vec, off float64) []vec {
	if len(line) < 3 {
		return line
	}
	return append(withoutEnd(make([]vec, 0, len(line)), line, off), line[len(line)-1])
}

// withoutEnd appends the line but its last point.
func withoutEnd(dst, line []vec, off float64) []vec {
	a, b := line[0], line[len(line)-1]
	far, at := off, 0
	for i, p := range line {
		if d := lineDistance([]vec{a, b}, p); d > far {
			far, at = d, i
		}
	}
	if at == 0 {
		return append(dst, a)
	}
	return withoutEnd(withoutEnd(dst, line[:at+1], off), line[at:], off)
}
