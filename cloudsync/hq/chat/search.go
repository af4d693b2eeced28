package chat

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/mirrorcart/mirrorcart/cloudsync/hq"
	"github.com/mirrorcart/mirrorcart/edge"
)

// catalogue is the release in force, with its words as people type them. It is
// looked for anew now and then.
type catalogue struct {
	hq interface {
		Release(ctx context.Context) (*edge.Release, error)
		Issues(ctx context.Context, limit int) ([]hq.Issue, error)
	}
	now func() time.Time

	mu     sync.Mutex
	index  *index
	looked time.Time
}

const catalogueLook = 10 * time.Second

// get is the index of the release in force; Unavailable where there is none.
func (c *catalogue) get(ctx context.Context) (*index, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.index != nil && c.now().Sub(c.looked) < catalogueLook {
		return c.index, nil
	}
	issues, err := c.hq.Issues(ctx, 10)
	if err != nil {
		return nil, err
	}
	same := c.index != nil && slices.ContainsFunc(issues, func(i hq.Issue) bool { return i.InForce && i.Version == c.index.release.Version })
	if !same {
		r, err := c.hq.Release(ctx)
		if err != nil {
			return nil, err
		}
		c.index = newIndex(r)
	}
	c.looked = c.now()
	return c.index, nil
}

// index finds variants by words of their names, whatever the language, and
// however the accents are left out.
type index struct {
	release *edge.Release
	bySKU   map[edge.SKU]*edge.Variant
	words   map[string][]int // folded word to the variants that have it, ascending
}

func newIndex(r *edge.Release) *index {
	x := &index{release: r, bySKU: map[edge.SKU]*edge.Variant{}, words: map[string][]int{}}
	for i := range r.Variants {
		v := &r.Variants[i]
		x.bySKU[v.SKU] = v
		text := []string{string(v.SKU), string(v.GTIN), v.Brand, v.Name.VI, v.Name.EN, v.Name.ZH, v.Shade.VI, v.Shade.EN, v.Shade.ZH}
		for _, c := range r.Categories {
			if c.ID == v.Category {
				text = append(text, c.Name.VI, c.Name.EN, c.Name.ZH)
			}
		}
		for _, w := range strings.Fields(fold(strings.Join(text, " "))) {
			if list := x.words[w]; len(list) == 0 || list[len(list)-1] != i {
				x.words[w] = append(list, i)
			}
		}
	}
	return x
}

// maxWords bounds what one question may cost.
const maxWords = 40

// find lists the variants that a question is about, the best first. Words that
// few variants have count more; a question with mostly other words is about none.
func (x *index) find(question string) []*edge.Variant {
	asked := strings.Fields(fold(question))
	asked = slices.DeleteFunc(asked, func(w string) bool { return strings.Contains(fillers, " "+w+" ") })
	slices.Sort(asked)
	asked = slices.Compact(asked)
	asked = asked[:min(len(asked), maxWords)]
	score := map[int]float64{}
	matched := 0
	for _, w := range asked {
		list := x.words[w]
		if len(list) == 0 {
			continue
		}
		matched++
		weight := math.Log(1 + float64(len(x.release.Variants))/float64(len(list)))
		for _, i := range list {
			score[i] += weight
		}
	}
	if matched == 0 || 2*matched < len(asked) {
		return nil
	}
	best := 0.0
	for _, s := range score {
		best = max(best, s)
	}
	var found []int
	for i, s := range score {
		if s > best*0.99 {
			found = append(found, i)
		}
	}
	slices.SortFunc(found, func(a, b int) int { return cmp.Compare(a, b) })
	list := make([]*edge.Variant, len(found))
	for i, n := range found {
		list[i] = &x.release.Variants[n]
	}
	return list
}

// fillers are folded words of a question that name no product. Words that name a
// colour too, such as "do", are none.
const fillers = " " +
	"gia bao nhieu tien vay the nhe ah a oi shop em ban minh toi cho hoi xin cua con hang khong ko k co " +
	"san ton nao thi va voi cai nay kia muon mua xem can loai nhu la o tai duoc dc het roi chua how much " +
	"is are the a an this that it of do you have in stock any price cost for what whats s i want to buy " +
	"please available there still left and with me my 多 少 钱 价 格 有 没 吗 货 库 存 的 是 我 想 要 买 请 问 这 个 还 在 和 么 什 " +
	"现 "
