select store_id, severity, title, detail, link from attention
