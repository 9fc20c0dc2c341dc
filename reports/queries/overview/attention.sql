select severity, title, detail, link from attention
