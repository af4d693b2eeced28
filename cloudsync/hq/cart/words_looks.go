package cart

import "github.com/mirrorcart/mirrorcart/edge"

// looksWords are the texts of photos and votes in one language.
type looksWords struct {
	Title, Cart, Language                         string
	Photos, Sealed, Locked, Delete, Nothing       string
	Ask, AskWhy, Consent, AskButton, AskTitle     string
	Result, Voted, Votes, OpenUntil, Over, End    string
	Link, Share, Copied                           string
	FriendWhy, FriendPhotos, This, Chosen, Thanks string
	VoteOver, Full                                string
	StripPhotos, StripVotes, StripAskFriends      string
}

func looksWordsIn(lang string) looksWords {
	switch lang {
	case "en":
		return looksWords{
			Title: "Your looks", Cart: "Your cart", Language: "Language",
			Photos: "Your photos", Sealed: "Sealed in the shop: only your link opens them, not even we can. They are deleted within 24 hours.",
			Locked: "The photo opens only from the original link. Scan the code on the kiosk again.",
			Delete: "Delete now", Nothing: "There is nothing here yet. Take a photo at the mirror, or put two things into your cart.",
			Ask: "Ask your friends", AskWhy: "Choose 2 to 4 looks. Your friends vote with one tap, for 24 hours.",
			Consent:   "I show these looks, and my photos among them, to at most 10 people who have the link, for 24 hours. I can delete them at any time.",
			AskButton: "Make the link", AskTitle: "Which look suits me best?",
			Result: "Your friends say", Voted: "%d of at most %d voted", Votes: "Votes:", OpenUntil: "The kiosk shows it too. Friends can vote until", Over: "The vote is over.", End: "End the vote",
			Link: "Link for your friends", Share: "Send to friends", Copied: "Copied",
			FriendWhy:    "Your vote is counted without your name; a cookie remembers it until the vote ends at",
			FriendPhotos: "The photos were shared with you alone: please pass nothing on.",
			This:         "This one", Chosen: "Your choice", Thanks: "Thank you! You can change your mind until the vote ends.",
			VoteOver: "This vote is over. Thank you for looking.", Full: "Ten friends take part already: no more can.",
			StripPhotos: "Photos from the mirror: %d", StripVotes: "Votes of your friends: %d", StripAskFriends: "Ask friends which look",
		}
	case "zh":
		return looksWords{
			Title: "您的妆容", Cart: "您的购物车", Language: "语言",
			Photos: "您的照片", Sealed: "照片在店内加密：只有您的链接能打开，连我们也看不到。24 小时内会被删除。",
			Locked: "照片只能通过原始链接打开。请重新扫描屏幕上的码。",
			Delete: "立即删除", Nothing: "这里还没有内容。请在镜前拍照，或将两件商品加入购物车。",
			Ask: "问问朋友", AskWhy: "选择 2 到 4 个妆容，朋友一点即可投票，限 24 小时。",
			Consent:   "我同意在 24 小时内，向最多 10 位持有链接的人展示这些妆容（包括其中我的照片）。我可以随时删除。",
			AskButton: "生成链接", AskTitle: "哪个妆容最适合我？",
			Result: "朋友的意见", Voted: "已有 %d 人投票（最多 %d 人）", Votes: "票数：", OpenUntil: "店内屏幕也会显示。投票截止", Over: "投票已结束。", End: "结束投票",
			Link: "给朋友的链接", Share: "发给朋友", Copied: "已复制",
			FriendWhy:    "投票不记名；一个 Cookie 会记住您的选择，直到投票结束：",
			FriendPhotos: "照片只分享给您，请勿转发。",
			This:         "选这个", Chosen: "您的选择", Thanks: "谢谢！投票结束前您可以更改。",
			VoteOver: "投票已结束，谢谢您的关注。", Full: "已有十位朋友参与，名额已满。",
			StripPhotos: "镜前照片：%d 张", StripVotes: "朋友已投 %d 票", StripAskFriends: "问问朋友哪个更好",
		}
	}
	return looksWords{
		Title: "Diện mạo của bạn", Cart: "Giỏ hàng của bạn", Language: "Ngôn ngữ",
		Photos: "Ảnh của bạn", Sealed: "Được khoá ngay tại cửa hàng: chỉ liên kết của bạn mở được, chính chúng tôi cũng không xem được. Ảnh bị xoá trong 24 giờ.",
		Locked: "Ảnh chỉ mở được từ liên kết gốc. Hãy quét lại mã trên màn hình.",
		Delete: "Xoá ngay", Nothing: "Chưa có gì ở đây. Hãy chụp ảnh trước gương, hoặc bỏ hai món vào giỏ.",
		Ask: "Hỏi bạn bè", AskWhy: "Chọn 2 đến 4 diện mạo. Bạn bè bình chọn bằng một chạm, trong 24 giờ.",
		Consent:   "Tôi cho tối đa 10 người có liên kết xem các diện mạo này, kể cả ảnh của tôi, trong 24 giờ. Tôi có thể xoá bất cứ lúc nào.",
		AskButton: "Tạo liên kết", AskTitle: "Diện mạo nào hợp với mình nhất?",
		Result: "Bạn bè nói", Voted: "%d người đã bình chọn, tối đa %d", Votes: "Số phiếu:", OpenUntil: "Màn hình ở cửa hàng cũng hiện kết quả. Bình chọn đến", Over: "Đã hết hạn bình chọn.", End: "Kết thúc bình chọn",
		Link: "Liên kết cho bạn bè", Share: "Gửi cho bạn bè", Copied: "Đã sao chép",
		FriendWhy:    "Phiếu của bạn không ghi tên; một cookie nhớ lựa chọn cho đến khi kết thúc lúc",
		FriendPhotos: "Ảnh chỉ được chia sẻ riêng với bạn: xin đừng chuyển tiếp.",
		This:         "Chọn cái này", Chosen: "Lựa chọn của bạn", Thanks: "Cảm ơn bạn! Bạn có thể đổi ý cho đến khi kết thúc.",
		VoteOver: "Cuộc bình chọn đã kết thúc. Cảm ơn bạn đã ghé xem.", Full: "Đã đủ mười người tham gia.",
		StripPhotos: "%d ảnh từ gương", StripVotes: "%d người bạn đã bình chọn", StripAskFriends: "Hỏi bạn bè chọn diện mạo nào",
	}
}

// looksProblem speaks of photos and votes that do not open or begin.
func looksProblem(lang string, k edge.Kind) problem {
	type texts = map[string]problem
	switch k {
	case edge.NotFound, edge.Expired:
		return texts{
			"vi": {"Không còn nữa.", "Ảnh đã bị xoá hoặc cuộc bình chọn đã kết thúc."},
			"en": {"It is gone.", "The photo was deleted, or the vote is over."},
			"zh": {"已经不在了。", "照片已被删除，或投票已结束。"},
		}[lang]
	case edge.TooMany:
		return texts{
			"vi": {"Không thể thêm nữa.", "Đã đủ mười người tham gia, hoặc có quá nhiều yêu cầu. Nếu bạn đã tham gia, hãy thử lại sau vài giây."},
			"en": {"No more can take part.", "Ten friends take part already, or there were too many requests. If you take part, try again in a few seconds."},
			"zh": {"名额已满。", "已有十位朋友参与，或请求过多。若您已参与，请几秒后重试。"},
		}[lang]
	case edge.Unauthorized:
		return texts{
			"vi": {"Cần bạn đồng ý.", "Hãy quay lại và đánh dấu ô đồng ý trước khi tạo liên kết."},
			"en": {"Your consent is needed.", "Go back and tick the box before you make the link."},
			"zh": {"需要您的同意。", "请返回并勾选同意后再生成链接。"},
		}[lang]
	case edge.Invalid:
		return texts{
			"vi": {"Hãy chọn 2 đến 4 diện mạo.", "Quay lại và chọn. Ảnh chỉ dùng được khi trang mở từ liên kết gốc."},
			"en": {"Choose 2 to 4 looks.", "Go back and choose. Photos can be used only where the page was opened from the original link."},
			"zh": {"请选择 2 到 4 个妆容。", "请返回选择。只有从原始链接打开页面时才能使用照片。"},
		}[lang]
	}
	return changeProblem(lang, k)
}
