//! What a trade document means: the Document tree, its terms and values, typed views, JSON.
